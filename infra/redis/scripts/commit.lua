--[[
COMMIT: consumes exactly one cause of one actor and writes everything it led to, or nothing at all.

KEYS   1 run  2 log  3 snapshot  4 transcript  5 mailbox  6 pending  7 budget  8 results  9 audit  10 actors
       11 ready  12 timers  13 ended  14 incarnation  15 blobs  16 approvals
ARGV   1 commit id   2 epoch   3 nonce   4 version expected   5 base key of the run   6 bell channel
       7 member (run/actor/type)   8 "mail" | "effect"   9 id of the cause: an effect's, or how its mail begins (`{"id":"…"`)
       10 log entry   11 events in it, at least one   12 core (JSON)   13 machine ("" = unchanged)
       14 its own part of the session ("" = none)   15 status the run ends in ("" = goes on)   16 reasons (JSON)
       17 tokens settled   18 nano-USD settled   19 usage counters as "in out read write calls" ("" = none)
       then lists, each led by its count of items:
       rows (field, JSON) · transcript entries (JSON) · messages (actor, type, JSON)
       · spawned (actor, type, row JSON) · timers set (id, delay ms, armed by) · timers cancelled (id, armed by)
       · effects (id, JSON, tokens in, out wanted, out least, nano-USD per token in, per token out; "" = no money)
       · effects dropped (id) · results (id, JSON) · audit (JSON) · blobs (name, text)
       · approvals (id, JSON, call, hash, ms until they expire, audit without its end) · approvals withdrawn (id, answer without its closing brace)
       then, only where one of them is not empty, the lists that `commit-rare.lua` tells of
RETURN {"OK", first seq, now ms, mail left, hold, status, transcript length before, grant…}  grant = "out tokens nano"
       {"FENCED"}  another activation has claimed the actor, or acknowledged writes may have been lost since the claim
       {"CONFLICT", version}  the actor is not where the caller thinks it is
       {"GONE"}  the cause was consumed before: a second answer, an old message
       {"REFUSED", tokens left, nano-USD left}  the budget does not reach; nothing was written ("none" = no limit)
       {"NORUN"}  no such run
       {"ENDED", status}  the run is over; nothing more is written to it
A commit id that was written before returns its first answer again.
STORED one field for all that a step writes anew (docs/decisions/0084). Run `m`: the money. Snapshot `h`: "version seq length
commit-id core"; core and orders as they come. Log `e`: "time actor/type grants", a newline, the entry. Pending: place → "id grant order".
]]
if tonumber(ARGV[11]) < 1 then return redis.error_reply('EVENTLESS a commit tells at least one event') end
local head = redis.call('HMGET', KEYS[3], 'epoch', 'nonce', 'h', 'incarnation', 'cap')
-- What every commit writes anew stands in one field each: a field of its own costs more than most of its values.
local version, firstBefore, saidBefore, before = string.match(head[3] or '', '^(%d+) (%d+) (%d+) (%S*) ')
version = version or '0'
local run = redis.call('HMGET', KEYS[1], 'status', 'hold', 'seq', 'm')
if not run[1] then return {'NORUN'} end
-- Tokens, nano-USD, both held; then the counters in the order of ARGV 19.
local money = {}
for amount in string.gmatch(run[4] or '0 0 0 0 0 0 0 0 0 0', '-?%d+') do money[#money + 1] = tonumber(amount) end

-- Events one run may tell. What an archive of so many takes, it can be read back from.
local LOG_EVENTS_MAX = 250000
-- An actor on the list of those that need looking after is put there anew only when its time is as old as this: the
-- sweep passes over what is younger than 1.5 s, and every command of a step is paid for in the append-only file.
local FRESH_MS = 500

local cursor = 20
local function list(width)
  local count = tonumber(ARGV[cursor])
  local from = cursor + 1
  cursor = from + count * width
  return from, cursor - 1
end
local rowsFrom, rowsTo = list(2)
local saidFrom, saidTo = list(1)
local mailFrom, mailTo = list(3)
local bornFrom, bornTo = list(3)
local setFrom, setTo = list(3)
local cancelFrom, cancelTo = list(2)
local effectsFrom, effectsTo = list(7)
local dropFrom, dropTo = list(1)
local resultsFrom, resultsTo = list(2)
local auditFrom, auditTo = list(1)
local blobsFrom, blobsTo = list(2)
local askedFrom, askedTo = list(6)
local withdrawnFrom, withdrawnTo = list(2)
-- An effect is stored in the first place that is free, so that the order which follows another takes its place, with
-- one write: "id out tokens nano order", the amounts only where it costs money. Marks beside it bear its id.
local places, marks, taken = {}, {}, {}
local stored = redis.call('HGETALL', KEYS[6])
for i = 1, #stored, 2 do
  if string.find(stored[i], '#', 1, true) then
    marks[stored[i]] = true
  else
    taken[stored[i]] = true
    places[string.match(stored[i + 1], '^%S+')] = {stored[i], stored[i + 1]}
  end
end
local function grantOf(id)
  local grant, tokens, nano = string.match(places[id] and places[id][2] or '', '^%S+ (%d+ (%d+) (%d+)) ')
  return grant, tonumber(tokens), tonumber(nano)
end

local TOKENS, NANO, HELD_TOKENS, HELD_NANO, COUNTED = 1, 2, 3, 4, 4
local runId, named = string.match(ARGV[7], '^(.-)/(.*)$')
--@include commit-rare.lua

if before == ARGV[1] then
  local again = {'OK', firstBefore, 0, redis.call('LLEN', KEYS[5]), run[2] or '', run[1], tonumber(saidBefore)}
  for i = effectsFrom, effectsTo, 7 do
    if ARGV[i + 2] ~= '' then again[#again + 1] = grantOf(ARGV[i]) or '' end
  end
  return again
end
if run[1] ~= 'running' then return {'ENDED', run[1]} end
if head[1] ~= ARGV[2] or head[2] ~= ARGV[3] then return {'FENCED'} end
if (head[4] or '0') ~= (redis.call('HGET', KEYS[14], 'number') or '0') then return {'FENCED'} end
if version ~= ARGV[4] then return {'CONFLICT', version} end

-- The cause must still be there.
redis.call('LLEN', KEYS[5])
if ARGV[8] == 'mail' then
  local first = redis.call('LINDEX', KEYS[5], 0)
  if not first or string.sub(first, 1, #ARGV[9]) ~= ARGV[9] then return {'GONE'} end
elseif not places[ARGV[9]] then
  return {'GONE'}
end

-- Touch every key by its type before the first write: Lua does not roll back a WRONGTYPE in the middle.
local said = redis.call('LLEN', KEYS[4])
redis.call('XLEN', KEYS[2])
redis.call('HLEN', KEYS[7])
redis.call('ZCARD', KEYS[11])
redis.call('ZCARD', KEYS[12])
if resultsFrom <= resultsTo then redis.call('HLEN', KEYS[8]) end
if auditFrom <= auditTo then redis.call('XLEN', KEYS[9]) end
if bornFrom <= bornTo then redis.call('HLEN', KEYS[10]) end
if blobsFrom <= blobsTo then redis.call('HLEN', KEYS[15]) end
if askedFrom <= askedTo or withdrawnFrom <= withdrawnTo then redis.call('HLEN', KEYS[16]) end
if ARGV[15] ~= '' or tonumber(run[3] or '0') + tonumber(ARGV[11]) >= LOG_EVENTS_MAX then redis.call('ZCARD', KEYS[13]) end
for i = mailFrom, mailTo, 3 do redis.call('LLEN', ARGV[5] .. ':' .. ARGV[i] .. ':mailbox') end
if rare then rare.look() end

-- Money: what this cause settles is free again before what it asks for is granted.
local released = {0, 0}
local grants = {}
local settled = {tonumber(ARGV[17]), tonumber(ARGV[18])}
local held, heldTokens, heldNano = grantOf(ARGV[8] == 'effect' and ARGV[9] or '')
if held then
  released = {heldTokens, heldNano}
  -- An answer that does not say what it cost is charged what it may have cost.
  if ARGV[19] == '' then settled = released end
end
local needsMoney = held or ARGV[19] ~= ''
for i = effectsFrom, effectsTo, 7 do if ARGV[i + 2] ~= '' then needsMoney = true end end
if needsMoney then
  local limits = redis.call('HMGET', KEYS[7], 'tokensMax', 'nanoMax')
  local tokensLeft = limits[1] and (tonumber(limits[1]) - money[TOKENS] - money[HELD_TOKENS] + released[1] - settled[1]) or nil
  local nanoLeft = limits[2] and (tonumber(limits[2]) - money[NANO] - money[HELD_NANO] + released[2] - settled[2]) or nil
  if rare then tokensLeft, nanoLeft = rare.withinShare(tokensLeft, nanoLeft, released, settled) end
  for i = effectsFrom, effectsTo, 7 do
    if ARGV[i + 2] ~= '' then
      local inTokens, out, least = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
      local inNano, outNano = tonumber(ARGV[i + 5]), tonumber(ARGV[i + 6])
      if tokensLeft then out = math.min(out, tokensLeft - inTokens) end
      if nanoLeft and inTokens * inNano > nanoLeft then out = -1 end
      if nanoLeft and outNano > 0 then out = math.min(out, math.floor((nanoLeft - inTokens * inNano) / outNano)) end
      if out < least then
        local left = function(amount) return amount and string.format('%d', math.max(0, amount)) or 'none' end
        return {'REFUSED', left(tokensLeft), left(nanoLeft)}
      end
      local tokens, nano = inTokens + out, inTokens * inNano + out * outNano
      if tokensLeft then tokensLeft = tokensLeft - tokens end
      if nanoLeft then nanoLeft = nanoLeft - nano end
      grants[#grants + 1] = {ARGV[i], string.format('%d %d %d', out, tokens, nano), tokens, nano}
    end
  end
end

-- Takes an effect off the list, with whatever stands beside it.
local gone = {}
local function clear(id)
  if not places[id] then return end
  if places[id][1] then gone[places[id][1]] = true end
  places[id] = nil
  for _, beside in ipairs({'#held', '#found'}) do
    if marks[id .. beside] then gone[id .. beside] = true end
  end
end

-- From here on everything is written.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local count = tonumber(ARGV[11])
local last = tonumber(run[3] or '0') + count
local first = last - count + 1
local told = {}
for i, grant in ipairs(grants) do told[i] = grant[1] .. ' ' .. grant[2] end
redis.call('XADD', KEYS[2], first .. '-0', 'e', now .. ' ' .. named .. ' ' .. table.concat(told, ',') .. '\n' .. ARGV[10])
if ARGV[13] ~= '' then redis.call('HSET', KEYS[3], 'machine', ARGV[13]) end
redis.call('HSET', KEYS[3], 'h', table.concat({tonumber(ARGV[4]) + 1, first, said, ARGV[1], ARGV[12]}, ' '))
for i = rowsFrom, rowsTo, 2 do redis.call('HSET', KEYS[3], 'r:' .. ARGV[i], ARGV[i + 1]) end
for i = saidFrom, saidTo do redis.call('RPUSH', KEYS[4], ARGV[i]) end
if ARGV[14] ~= '' then redis.call('HSET', KEYS[3], 'session', ARGV[14]) end

if ARGV[8] == 'mail' then
  redis.call('LPOP', KEYS[5])
else
  clear(ARGV[9])
end
local granted = {}
for _, grant in ipairs(grants) do
  money[HELD_TOKENS], money[HELD_NANO] = money[HELD_TOKENS] + grant[3], money[HELD_NANO] + grant[4]
  granted[grant[1]] = grant[2] .. ' '
end
if needsMoney then
  money[HELD_TOKENS], money[HELD_NANO] = money[HELD_TOKENS] - released[1], money[HELD_NANO] - released[2]
  money[TOKENS], money[NANO] = money[TOKENS] + settled[1], money[NANO] + settled[2]
  if rare then rare.used(settled[1], settled[2]) end
  local counter = COUNTED
  for amount in string.gmatch(ARGV[19], '%d+') do
    counter = counter + 1
    money[counter] = money[counter] + tonumber(amount)
  end
end
for i = effectsFrom, effectsTo, 7 do
  places[ARGV[i]] = {places[ARGV[i]] and places[ARGV[i]][1] or false, ARGV[i] .. ' ' .. (granted[ARGV[i]] or '') .. ARGV[i + 1]}
end
for i = dropFrom, dropTo do
  local grant, tokens, nano = grantOf(ARGV[i])
  if grant then
    -- Nobody will settle it any more; what it may have cost is charged in full.
    money[HELD_TOKENS], money[HELD_NANO] = money[HELD_TOKENS] - tokens, money[HELD_NANO] - nano
    money[TOKENS], money[NANO] = money[TOKENS] + tokens, money[NANO] + nano
    if rare then rare.used(tokens, nano) end
  end
  clear(ARGV[i])
end
if rare then rare.writeShare() end
local nextPlace = 0
local row = {}
for i = effectsFrom, effectsTo, 7 do
  if places[ARGV[i]] then
    local at = places[ARGV[i]][1]
    while not at do
      local free = tostring(nextPlace)
      if not taken[free] or gone[free] then at = free end
      nextPlace = nextPlace + 1
    end
    taken[at], gone[at] = true, nil
    row[#row + 1] = at
    row[#row + 1] = places[ARGV[i]][2]
    -- Parked: whoever claims after the resume must know that this one was never begun.
    if run[2] then
      row[#row + 1] = ARGV[i] .. '#held'
      row[#row + 1] = 1
    end
  end
end
for i = 1, #row, 2 do redis.call('HSET', KEYS[6], row[i], row[i + 1]) end
local left = {}
for field in pairs(gone) do left[#left + 1] = field end
if #left > 0 then redis.call('HDEL', KEYS[6], unpack(left)) end

for i = bornFrom, bornTo, 3 do redis.call('HSET', KEYS[10], ARGV[i], ARGV[i + 2]) end
for i = mailFrom, mailTo, 3 do
  redis.call('RPUSH', ARGV[5] .. ':' .. ARGV[i] .. ':mailbox', ARGV[i + 2])
  redis.call('ZADD', KEYS[11], now, runId .. '/' .. ARGV[i] .. '/' .. ARGV[i + 1])
  redis.call('PUBLISH', ARGV[6], runId .. '/' .. ARGV[i])
end
for i = cancelFrom, cancelTo, 2 do redis.call('ZREM', KEYS[12], ARGV[7] .. '|' .. ARGV[i] .. '|' .. ARGV[i + 1]) end
for i = setFrom, setTo, 3 do
  redis.call('ZADD', KEYS[12], now + tonumber(ARGV[i + 1]), ARGV[7] .. '|' .. ARGV[i] .. '|' .. ARGV[i + 2])
end
for i = resultsFrom, resultsTo, 2 do redis.call('HSET', KEYS[8], ARGV[i], ARGV[i + 1]) end
for i = auditFrom, auditTo do redis.call('XADD', KEYS[9], '*', 'b', ARGV[i]) end
for i = blobsFrom, blobsTo, 2 do redis.call('HSETNX', KEYS[15], ARGV[i], ARGV[i + 1]) end
--@include commit-approvals.lua
if rare then asking = asking - rare.write(now) end
if asking ~= 0 then redis.call('HINCRBY', KEYS[1], 'asking', asking) end

local mailLeft = redis.call('LLEN', KEYS[5])
if mailLeft == 0 and redis.call('HLEN', KEYS[6]) == 0 then
  redis.call('ZREM', KEYS[11], ARGV[7])
else
  local listed = redis.call('ZSCORE', KEYS[11], ARGV[7])
  if not listed or now - tonumber(listed) > FRESH_MS then redis.call('ZADD', KEYS[11], now, ARGV[7]) end
end
local status = run[1]
local ofRun = {}
local function endRun(how, reasons)
  status = how
  -- Calls that are still out are settled by nobody any more: they are charged what they may have cost.
  money[TOKENS], money[NANO] = money[TOKENS] + money[HELD_TOKENS], money[NANO] + money[HELD_NANO]
  money[HELD_TOKENS], money[HELD_NANO] = 0, 0
  ofRun = {'status', status, 'endedAt', now, 'reasons', reasons}
  redis.call('ZADD', KEYS[13], now, runId)
end
if ARGV[15] ~= '' then
  endRun(ARGV[15], ARGV[16])
elseif last >= LOG_EVENTS_MAX then
  -- No run ends in silence: the commit that reaches the end of the log writes the end of the run too.
  local reason = 'its log has reached ' .. LOG_EVENTS_MAX .. ' events, and takes no more'
  local body = cjson.encode({v = 1, events = {{type = 'run.failed', reasons = {reason}}}})
  last = last + 1
  redis.call('XADD', KEYS[2], last .. '-0', 't', now, 'a', runId .. '/-/-', 'b', body)
  endRun('failed', cjson.encode({reason}))
end
-- The run's own row is written once, with all that changed in it.
for i = 1, #money do money[i] = string.format('%d', money[i]) end
local amounts = table.concat(money, ' ')
if amounts ~= (run[4] or '0 0 0 0 0 0 0 0 0 0') then
  ofRun[#ofRun + 1] = 'm'
  ofRun[#ofRun + 1] = amounts
end
redis.call('HSET', KEYS[1], 'seq', last, unpack(ofRun))

local answer = {'OK', first, now, mailLeft, run[2] or '', status, said}
for _, grant in ipairs(grants) do answer[#answer + 1] = grant[2] end
return answer
