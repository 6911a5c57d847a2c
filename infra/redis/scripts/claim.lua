--[[
CLAIM: makes the caller the one activation that may commit for this actor, and hands it all it needs to go on.

KEYS   1 run  2 snapshot  3 mailbox  4 pending  5 blobs  6 transcript  7 ready  8 stranded  9 incarnation
ARGV   1 nonce   2 member (run/actor/type)   3 bindings served, with commas   4 mail at most
       5 this host's place ("" = anywhere)   6… machines served (id@version)
RETURN {"OK", epoch, run row, snapshot, mail, pending, what its session shares, transcript, claims since the last commit, mail left,
        incarnation}
       {"NORUN"}     no such run, or nobody there who may be claimed; the member is forgotten
       {"OVER", reason, pending}   the actor was fenced for good. What is pending was begun somewhere, and has to be ended there
       before the actor is forgotten (`unwound.lua`); where nothing is, it is
       {"STRANDED", "binding" | "machine", name}   this worker lacks it; the actor waits, visibly
       {"ELSEWHERE", place}   all there is to do was begun at another place; nothing was written, whoever is at it there goes on
Rows are flat lists of field and value. A nonce that holds the claim already is the echo of a call whose answer was
lost: it is told the same again, and nothing is written.
]]
local row = redis.call('HGETALL', KEYS[1])
-- Of an erased run nothing may be written any more; a quarantined actor stays out until it is requeued.
if #row == 0 or redis.call('HEXISTS', KEYS[1], 'stub') == 1 or redis.call('HEXISTS', KEYS[2], 'dead') == 1 then
  redis.call('ZREM', KEYS[7], ARGV[2])
  return {'NORUN'}
end
local over = redis.call('HGET', KEYS[2], 'fenced')
if over then
  local begun = redis.call('HGETALL', KEYS[4])
  redis.call('LLEN', KEYS[3])
  if #begun == 0 then
    redis.call('ZREM', KEYS[7], ARGV[2])
    redis.call('DEL', KEYS[3])
  end
  return {'OVER', over, begun}
end
local binding = redis.call('HGET', KEYS[1], 'binding')
local machine = redis.call('HGET', KEYS[2], 'machine')
local lacks = false
if not binding or not string.find(',' .. ARGV[3] .. ',', ',' .. binding .. ',', 1, true) then
  lacks = 'binding'
elseif machine then
  lacks = 'machine'
  for i = 6, #ARGV do
    if ARGV[i] == machine then lacks = false end
  end
end
if lacks then
  redis.call('ZREM', KEYS[7], ARGV[2])
  redis.call('ZADD', KEYS[8], redis.call('TIME')[1], ARGV[2])
  return {'STRANDED', lacks, lacks == 'binding' and (binding or '') or machine}
end
redis.call('ZCARD', KEYS[8])
-- Everything is read before the first write: a row of the wrong type must not fence the living owner.
local mail = redis.call('LRANGE', KEYS[3], 0, tonumber(ARGV[4]) - 1)
local mailTotal = redis.call('LLEN', KEYS[3])
local pending = redis.call('HGETALL', KEYS[4])
-- Its own part stands in the snapshot, and begins with the name of what it shares.
local own = redis.call('HGET', KEYS[2], 'session')
local shares = own and string.match(own, '^s:%S+')
local shared = shares and redis.call('HGET', KEYS[5], shares) or ''
local transcript = redis.call('LRANGE', KEYS[6], 0, -1)
local incarnation = redis.call('HGET', KEYS[9], 'number') or '0'
local counted = redis.call('HMGET', KEYS[2], 'h', 'claimsAt', 'claims', 'nonce', 'epoch', 'incarnation')
local echo = counted[4] == ARGV[1] and (counted[6] or '0') == incarnation
local held = redis.call('HEXISTS', KEYS[1], 'hold') == 1
local epoch = counted[5]
local version = string.match(counted[1] or '', '^%d+') or '0'
local claims = tonumber(counted[3] or '0')
if not echo and not held and (ARGV[5] or '') ~= '' and mailTotal == 0 then
  local place = nil
  for i = 1, #pending, 2 do
    if not string.find(pending[i], '#', 1, true) then
      local read, order = pcall(cjson.decode, string.match(pending[i + 1], '^%S+ %d+ %d+ %d+ (.*)$') or string.match(pending[i + 1], '^%S+ (.*)$'))
      local at = read and type(order) == 'table' and type(order.place) == 'string' and order.place
      if not at or at == ARGV[5] then
        place = nil
        break
      end
      place = place or at
    end
  end
  -- A claim from here would fence whoever carries it out there, and count as if it had died of it.
  if place then return {'ELSEWHERE', place} end
end
if not echo then
  -- Adding comes first: where memory is full the claim is refused, not counted. Its commits would be refused too, and
  -- an actor that nobody can bring on would pass for poison.
  epoch = redis.call('HINCRBY', KEYS[2], 'epoch', 1)
  -- On one list or the other, always: whoever holds this claim may die of something else.
  if redis.call('ZREM', KEYS[8], ARGV[2]) == 1 then
    local time = redis.call('TIME')
    redis.call('ZADD', KEYS[7], tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), ARGV[2])
  end
  -- Only a claim that has something to do can have died of it: an idle wake-up counts for nothing.
  if held or (mailTotal == 0 and #pending == 0) then
    claims = 0
  else
    claims = version == counted[2] and claims + 1 or 1
    -- Steps that succeed beside it must not hide an effect that kills whoever takes it up. A claim may find it for other
    -- reasons than a death, so three finds count as one.
    for i = 1, #pending, 2 do
      if not string.find(pending[i], '#', 1, true) then
        local found = redis.call('HINCRBY', KEYS[4], string.match(pending[i + 1], '^%S+') .. '#found', 1)
        claims = math.max(claims, math.floor(found / 3))
      end
    end
  end
  redis.call('HSET', KEYS[2], 'nonce', ARGV[1], 'claimsAt', version, 'claims', claims)
  -- Where it is missing it is 0, as nearly everywhere and always.
  if counted[6] or incarnation ~= '0' then redis.call('HSET', KEYS[2], 'incarnation', incarnation) end
end
-- Effects marked as never begun ("#held": 1) count as begun from this claim on, whose nonce the mark then bears: it is
-- told so again if it asks again, and nobody else is. A crash after this makes them effects of unknown outcome.
local told = {}
for i = 1, #pending, 2 do
  local mark = string.sub(pending[i], -5) == '#held' and pending[i + 1]
  if mark == '1' and not held and not echo then redis.call('HSET', KEYS[4], pending[i], ARGV[1]) end
  if mark and mark ~= '1' and mark ~= ARGV[1] then
    if not echo then redis.call('HDEL', KEYS[4], pending[i]) end
  elseif string.sub(pending[i], -6) ~= '#found' then
    told[#told + 1] = pending[i]
    told[#told + 1] = pending[i + 1]
  end
end
return {'OK', epoch, row, redis.call('HGETALL', KEYS[2]), mail, told, shared, transcript, claims, mailTotal, incarnation}
