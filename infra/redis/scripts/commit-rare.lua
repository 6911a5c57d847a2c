--[[
Part of COMMIT: what few commits carry, and an actor's own share of the budget. The others do not even bring its counts, and
have none of these functions made for them: a step pays for those too.

ARGV   after the last of the usual lists all of these, or none of them:
       fenced (actor, type, reason, answer to its open approvals without its closing brace, its result, the revocation of that
       without its closing brace)
       · revoked (result, revocation without its closing brace) · letters (id, member, task, reason, order JSON)
       · briefs (task, JSON) · shares (actor, tokens at most, nano-USD at most; "-" = no limit)
STORED snapshot `fenced`: why; a claim is told so instead. Snapshot `cap`: "tokens-max nano-max tokens nano", what the actor may
       have of the run's budget and what it has used; what it holds stands beside its effects.
]]
local rare = nil
if ARGV[cursor] or head[5] then
  rare = {}
  local fencedFrom, fencedTo, revokedFrom, revokedTo, lettersFrom, lettersTo = 1, 0, 1, 0, 1, 0
  local briefsFrom, briefsTo, sharesFrom, sharesTo = 1, 0, 1, 0
  if ARGV[cursor] then
    fencedFrom, fencedTo = list(6)
    revokedFrom, revokedTo = list(2)
    lettersFrom, lettersTo = list(5)
    briefsFrom, briefsTo = list(2)
    sharesFrom, sharesTo = list(3)
  end
  local deadLetters = string.sub(ARGV[5], 1, #ARGV[5] - #runId) .. 'dead'
  local function keyOf(actor, noun) return ARGV[5] .. ':' .. actor .. ':' .. noun end

  local share = nil
  if head[5] then
    local tokensMax, nanoMax, tokens, nano = string.match(head[5], '^(%S+) (%S+) (%d+) (%d+)$')
    share = {tokensMax = tonumber(tokensMax), nanoMax = tonumber(nanoMax), tokens = tonumber(tokens), nano = tonumber(nano), stored = head[5]}
  end
  -- What this actor may still have: of the run's money, and of its own share.
  function rare.withinShare(tokensLeft, nanoLeft, released, settled)
    if not share then return tokensLeft, nanoLeft end
    local heldTokens, heldNano = 0, 0
    for id in pairs(places) do
      local grant, tokens, nano = grantOf(id)
      if grant then heldTokens, heldNano = heldTokens + tokens, heldNano + nano end
    end
    local function least(left, max, used)
      if not max then return left end
      return left and math.min(left, max - used) or max - used
    end
    return least(tokensLeft, share.tokensMax, share.tokens + heldTokens - released[1] + settled[1]),
      least(nanoLeft, share.nanoMax, share.nano + heldNano - released[2] + settled[2])
  end
  function rare.used(tokens, nano)
    if share then share.tokens, share.nano = share.tokens + tokens, share.nano + nano end
  end
  function rare.writeShare()
    local limits = share and string.match(share.stored, '^%S+ %S+ ')
    local now = share and string.format('%s%d %d', limits, share.tokens, share.nano)
    if now and now ~= share.stored then redis.call('HSET', KEYS[3], 'cap', now) end
  end

  function rare.look()
    for i = fencedFrom, fencedTo, 6 do
      redis.call('HLEN', keyOf(ARGV[i], 's'))
      redis.call('LLEN', keyOf(ARGV[i], 'mailbox'))
      redis.call('HLEN', keyOf(ARGV[i], 'p'))
    end
    if fencedFrom <= fencedTo then redis.call('HLEN', KEYS[16]) end
    if fencedFrom <= fencedTo or revokedFrom <= revokedTo then redis.call('HLEN', KEYS[8]) end
    if lettersFrom <= lettersTo then redis.call('XLEN', deadLetters) end
    if briefsFrom <= briefsTo then redis.call('HLEN', ARGV[5] .. ':briefs') end
    for i = sharesFrom, sharesTo, 3 do redis.call('HLEN', keyOf(ARGV[i], 's')) end
  end

  -- Effects whose deeds only their host can end stay until it has done so, and keep the actor on the list of those that
  -- need looking after. Nothing else of it is left to do. False where it was fenced before.
  local function fence(i, now)
    local actor, key = ARGV[i], keyOf(ARGV[i], 'p')
    if redis.call('HSETNX', keyOf(actor, 's'), 'fenced', ARGV[i + 2]) == 0 then return false end
    redis.call('HINCRBY', keyOf(actor, 's'), 'epoch', 1)
    redis.call('DEL', keyOf(actor, 'mailbox'))
    local pending, over, kept = redis.call('HGETALL', key), {}, false
    for j = 1, #pending, 2 do
      local tokens, nano = string.match(pending[j + 1], '^%S+ %d+ (%d+) (%d+) ')
      if tokens and not string.find(pending[j], '#', 1, true) then
        -- Nobody will settle it any more; what it may have cost is charged in full.
        money[HELD_TOKENS], money[HELD_NANO] = money[HELD_TOKENS] - tokens, money[HELD_NANO] - nano
        money[TOKENS], money[NANO] = money[TOKENS] + tokens, money[NANO] + nano
      end
      if string.find(pending[j], '#', 1, true) or not string.find(pending[j + 1], '"place":', 1, true) then
        over[#over + 1] = pending[j]
      else
        kept = true
      end
    end
    if #over > 0 then redis.call('HDEL', key, unpack(over)) end
    local member = runId .. '/' .. actor .. '/' .. ARGV[i + 1]
    if kept then redis.call('ZADD', KEYS[11], now, member) else redis.call('ZREM', KEYS[11], member) end
    redis.call('PUBLISH', ARGV[6], runId .. '/' .. actor)
    return true
  end

  -- Nobody needs to answer for an actor that is over. Returns how many were asked.
  local function withdrawOf(answers, now)
    if tonumber(redis.call('HGET', KEYS[1], 'asking') or '0') <= 0 then return 0 end
    local rows, withdrawn = redis.call('HGETALL', KEYS[16]), 0
    for j = 1, #rows, 2 do
      local id = string.match(rows[j], '^(.*)#s$')
      local member = id and string.match(rows[j + 1], '^%d+ %d+ %S+ (%S+) ')
      if member and answers[member] and redis.call('HEXISTS', KEYS[16], id .. '#a') == 0 then
        redis.call('HSET', KEYS[16], id .. '#a', answers[member] .. string.format(',"at":%d}', now))
        redis.call('ZREM', KEYS[12], runId .. '/' .. member .. '|approval:' .. id .. '|0')
        withdrawn = withdrawn + 1
      end
    end
    return withdrawn
  end

--@include revoked-envelope.lua

  -- Returns how many approvals were withdrawn.
  function rare.write(now)
    local function revoke(result, revocation)
      local envelope = revokedEnvelope(redis.call('HGET', KEYS[8], result), revocation, now)
      if envelope then redis.call('HSET', KEYS[8], result, envelope) end
    end
    local answers = {}
    for i = fencedFrom, fencedTo, 6 do
      -- What it reported in the moment before counts nowhere: whoever fenced it had not heard of it.
      if fence(i, now) then revoke(ARGV[i + 4], ARGV[i + 5]) end
      answers[ARGV[i] .. '/' .. ARGV[i + 1]] = ARGV[i + 3]
    end
    for i = revokedFrom, revokedTo, 2 do revoke(ARGV[i], ARGV[i + 1]) end
    for i = lettersFrom, lettersTo, 5 do
      redis.call('XADD', deadLetters, '*', 'id', ARGV[i], 'kind', 'task', 'member', ARGV[i + 1], 'task', ARGV[i + 2],
        'reason', ARGV[i + 3], 'order', ARGV[i + 4], 'at', now)
    end
    for i = briefsFrom, briefsTo, 2 do redis.call('HSET', ARGV[5] .. ':briefs', ARGV[i], ARGV[i + 1]) end
    for i = sharesFrom, sharesTo, 3 do
      redis.call('HSET', keyOf(ARGV[i], 's'), 'cap', ARGV[i + 1] .. ' ' .. ARGV[i + 2] .. ' 0 0')
    end
    return fencedFrom <= fencedTo and withdrawOf(answers, now) or 0
  end
end
