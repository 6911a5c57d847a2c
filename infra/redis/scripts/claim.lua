--[[
CLAIM: makes the caller the one activation that may commit for this actor, and hands it all it needs to go on.

KEYS   1 run  2 snapshot  3 mailbox  4 pending  5 session  6 transcript  7 ready  8 stranded
ARGV   1 nonce   2 member (run/actor/type)   3 bindings served, with commas   4 mail at most   5… machines served (id@version)
RETURN {"OK", epoch, run row, snapshot, mail, pending, session, transcript, claims since the last commit, mail left}
       {"NORUN"}     no such run; the member is forgotten
       {"STRANDED", "binding" | "machine", name}   this worker lacks it; the actor waits, visibly
Rows are flat lists of field and value.
]]
local row = redis.call('HGETALL', KEYS[1])
if #row == 0 then
  redis.call('ZREM', KEYS[7], ARGV[2])
  return {'NORUN'}
end
local binding = redis.call('HGET', KEYS[1], 'binding')
local machine = redis.call('HGET', KEYS[2], 'machine')
local lacks = false
if not binding or not string.find(',' .. ARGV[3] .. ',', ',' .. binding .. ',', 1, true) then
  lacks = 'binding'
elseif machine then
  lacks = 'machine'
  for i = 5, #ARGV do
    if ARGV[i] == machine then lacks = false end
  end
end
if lacks then
  redis.call('ZREM', KEYS[7], ARGV[2])
  redis.call('ZADD', KEYS[8], redis.call('TIME')[1], ARGV[2])
  return {'STRANDED', lacks, lacks == 'binding' and (binding or '') or machine}
end
-- Everything is read before the first write: a row of the wrong type must not fence the living owner.
local mail = redis.call('LRANGE', KEYS[3], 0, tonumber(ARGV[4]) - 1)
local mailTotal = redis.call('LLEN', KEYS[3])
local pending = redis.call('HGETALL', KEYS[4])
local session = redis.call('GET', KEYS[5]) or ''
local transcript = redis.call('LRANGE', KEYS[6], 0, -1)
redis.call('ZREM', KEYS[8], ARGV[2])
local epoch = redis.call('HINCRBY', KEYS[2], 'epoch', 1)
local counted = redis.call('HMGET', KEYS[2], 'version', 'claimsAt', 'claims')
local held = redis.call('HEXISTS', KEYS[1], 'hold') == 1
-- Only a claim that has something to do can have died of it: an idle wake-up counts for nothing.
local claims = 0
if not held and (mailTotal > 0 or #pending > 0) then
  claims = (counted[1] or '0') == counted[2] and tonumber(counted[3]) + 1 or 1
end
redis.call('HSET', KEYS[2], 'nonce', ARGV[1], 'claimsAt', counted[1] or '0', 'claims', claims)
if not held then
  -- From now on these count as begun: a crash after this line makes them effects of unknown outcome.
  for i = 1, #pending, 2 do
    if string.sub(pending[i], -5) == '#held' then redis.call('HDEL', KEYS[4], pending[i]) end
  end
end
return {'OK', epoch, row, redis.call('HGETALL', KEYS[2]), mail, pending, session, transcript, claims, mailTotal}
