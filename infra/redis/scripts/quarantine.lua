--[[
QUARANTINE: an actor that kills whoever activates it is taken out of circulation: what lay at its head goes to the dead
letters, its coordinator is told. Where the coordinator itself is the one, the run ends as failed.

KEYS   1 run  2 log  3 mailbox  4 pending  5 ready  6 dead  7 mailbox of the coordinator  8 ended  9 snapshot
       10 budget
ARGV   1 member (run/actor/type)   2 run id   3 actor   4 member of the coordinator   5 message to it (JSON)
       6 log body for an agent (1 event)   7 log body for the coordinator (2 events)   8 reason   9 bell channel
       10 epoch   11 nonce of the claim that found it deadly ("" = whoever holds it)
RETURN {"OK"} | {"NORUN"} | {"ENDED"}
       {"FENCED"}  that claim no longer holds: another has brought the actor on, or this call is an echo
       {"AGAIN"}   nobody has claimed the actor since it was quarantined
]]
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return {'NORUN'} end
redis.call('ZCARD', KEYS[5])
if status ~= 'running' then
  redis.call('ZREM', KEYS[5], ARGV[1])
  return {'ENDED'}
end
local holder = redis.call('HMGET', KEYS[9], 'epoch', 'nonce', 'quarantined')
if ARGV[11] ~= '' and (holder[1] ~= ARGV[10] or holder[2] ~= ARGV[11]) then return {'FENCED'} end
if holder[1] and holder[1] == holder[3] then return {'AGAIN'} end
redis.call('XLEN', KEYS[2])
redis.call('XLEN', KEYS[6])
redis.call('LLEN', KEYS[7])
redis.call('LLEN', KEYS[3])
redis.call('HLEN', KEYS[10])
local pending = redis.call('HGETALL', KEYS[4])
redis.call('ZCARD', KEYS[8])
-- Removing comes first: it is allowed where memory is full, and what follows it in a script then is too.
redis.call('ZREM', KEYS[5], ARGV[1])
-- Whoever still holds a claim must not commit over what is written here.
redis.call('HSET', KEYS[9], 'quarantined', redis.call('HINCRBY', KEYS[9], 'epoch', 1))
local head = redis.call('LPOP', KEYS[3])
for i = 1, #pending, 2 do
  local _, tokens, nano = string.match(pending[i + 1], '^(%d+) (%d+) (%d+)$')
  if string.sub(pending[i], -6) == '#grant' and tokens then
    redis.call('HINCRBY', KEYS[10], 'heldTokens', string.format('%d', -tonumber(tokens)))
    redis.call('HINCRBY', KEYS[10], 'heldNano', string.format('%d', -tonumber(nano)))
    redis.call('HINCRBY', KEYS[10], 'tokens', tokens)
    redis.call('HINCRBY', KEYS[10], 'nano', nano)
  end
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local seen = redis.call('HMGET', KEYS[9], 'claims', 'core', 'machine', 'version', 'epoch')
local decoded, core = pcall(cjson.decode, seen[2] or '')
local state = decoded and type(core) == 'table' and core.value
-- Named after the actor and its epoch, which has just been raised: no two letters share it.
local letter = 'd_' .. string.sub(redis.sha1hex(ARGV[1] .. ' ' .. seen[5]), 1, 12)
redis.call('XADD', KEYS[6], '*', 'id', letter, 'member', ARGV[1], 'mail', head or '', 'pending', cjson.encode(pending),
  'reason', ARGV[8], 'claims', seen[1] or '0', 'state', state and cjson.encode(state) or '', 'machine', seen[3] or '',
  'version', seen[4] or '0', 'at', now)
-- Mail that still reaches it wakes nobody; a requeue takes the mark away.
redis.call('HSET', KEYS[9], 'dead', letter)
redis.call('DEL', KEYS[4])
local isCoordinator = ARGV[1] == ARGV[4]
local count = isCoordinator and 2 or 1
local last = redis.call('HINCRBY', KEYS[1], 'seq', count)
redis.call('XADD', KEYS[2], (last - count + 1) .. '-0', 't', now, 'a', ARGV[1], 'b', isCoordinator and ARGV[7] or ARGV[6])
if isCoordinator then
  -- Calls that are still out are settled by nobody any more: they are charged what they may have cost.
  for held, spent in pairs({heldTokens = 'tokens', heldNano = 'nano'}) do
    local out = tonumber(redis.call('HGET', KEYS[10], held) or '0')
    if out ~= 0 then
      redis.call('HINCRBY', KEYS[10], spent, string.format('%d', out))
      redis.call('HSET', KEYS[10], held, 0)
    end
  end
  redis.call('HSET', KEYS[1], 'status', 'failed', 'endedAt', now, 'reasons', cjson.encode({ARGV[8]}))
  redis.call('ZADD', KEYS[8], now, ARGV[2])
else
  redis.call('RPUSH', KEYS[7], ARGV[5])
  redis.call('ZADD', KEYS[5], now, ARGV[4])
  redis.call('PUBLISH', ARGV[9], ARGV[4])
end
return {'OK'}
