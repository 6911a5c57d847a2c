--[[
QUARANTINE: an actor that kills whoever activates it is taken out of circulation: what lay at its head goes to the dead
letters, its coordinator is told. Where the coordinator itself is the one, the run ends as failed.

KEYS   1 run  2 log  3 mailbox  4 pending  5 ready  6 dead  7 mailbox of the coordinator  8 ended  9 snapshot
ARGV   1 member (run/actor/type)   2 run id   3 actor   4 member of the coordinator   5 message to it (JSON)
       6 log body for an agent (1 event)   7 log body for the coordinator (2 events)   8 reason   9 bell channel
       10 epoch   11 nonce of the claim that found it deadly ("" = whoever holds it)
RETURN {"OK"} | {"NORUN"} | {"ENDED"}
       {"FENCED"}  that claim no longer holds: another has brought the actor on, or this call is an echo
       {"AGAIN"}   nobody has claimed the actor since it was quarantined, or it was fenced for good before
]]
local row = redis.call('HMGET', KEYS[1], 'status', 'm')
local status = row[1]
if not status then return {'NORUN'} end
redis.call('ZCARD', KEYS[5])
if status ~= 'running' then
  redis.call('ZREM', KEYS[5], ARGV[1])
  return {'ENDED'}
end
local holder = redis.call('HMGET', KEYS[9], 'epoch', 'nonce', 'quarantined', 'fenced', 'cap')
if ARGV[11] ~= '' and (holder[1] ~= ARGV[10] or holder[2] ~= ARGV[11]) then return {'FENCED'} end
if holder[4] or (holder[1] and holder[1] == holder[3]) then return {'AGAIN'} end
redis.call('XLEN', KEYS[2])
redis.call('XLEN', KEYS[6])
redis.call('LLEN', KEYS[7])
redis.call('LLEN', KEYS[3])
local pending = redis.call('HGETALL', KEYS[4])
redis.call('ZCARD', KEYS[8])
-- Removing comes first: it is allowed where memory is full, and what follows it in a script then is too.
redis.call('ZREM', KEYS[5], ARGV[1])
-- Whoever still holds a claim must not commit over what is written here.
redis.call('HSET', KEYS[9], 'quarantined', redis.call('HINCRBY', KEYS[9], 'epoch', 1))
local head = redis.call('LPOP', KEYS[3])
local money = {}
for amount in string.gmatch(row[2] or '0 0 0 0 0 0 0 0 0 0', '-?%d+') do money[#money + 1] = tonumber(amount) end
local function charge(tokens, nano)
  money[1], money[2], money[3], money[4] = money[1] + tokens, money[2] + nano, money[3] - tokens, money[4] - nano
end
local limits, used, usedNano = string.match(holder[5] or '', '^(%S+ %S+ )(%d+) (%d+)$')
for i = 1, #pending, 2 do
  local tokens, nano = string.match(pending[i + 1], '^%S+ %d+ (%d+) (%d+) ')
  if tokens then
    charge(tonumber(tokens), tonumber(nano))
    if limits then used, usedNano = used + tokens, usedNano + nano end
  end
end
-- Sent back to work, it has that much less of its share.
if limits then redis.call('HSET', KEYS[9], 'cap', string.format('%s%d %d', limits, used, usedNano)) end
local isCoordinator = ARGV[1] == ARGV[4]
-- Calls that are still out are settled by nobody any more: they are charged what they may have cost.
if isCoordinator then charge(money[3], money[4]) end
for i = 1, #money do money[i] = string.format('%d', money[i]) end
redis.call('HSET', KEYS[1], 'm', table.concat(money, ' '))
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local seen = redis.call('HMGET', KEYS[9], 'claims', 'h', 'machine', 'epoch')
-- Named after the actor and its epoch, which has just been raised: no two letters share it.
local letter = 'd_' .. string.sub(redis.sha1hex(ARGV[1] .. ' ' .. seen[4]), 1, 12)
redis.call('XADD', KEYS[6], '*', 'id', letter, 'member', ARGV[1], 'mail', head or '', 'pending', cjson.encode(pending),
  'reason', ARGV[8], 'claims', seen[1] or '0', 'core', string.match(seen[2] or '', '^%d+ %d+ %d+ %S* (.*)$') or '', 'machine', seen[3] or '',
  'version', string.match(seen[2] or '', '^%d+') or '0', 'at', now)
-- Mail that still reaches it wakes nobody; a requeue takes the mark away.
redis.call('HSET', KEYS[9], 'dead', letter)
redis.call('DEL', KEYS[4])
local count = isCoordinator and 2 or 1
local last = redis.call('HINCRBY', KEYS[1], 'seq', count)
redis.call('XADD', KEYS[2], (last - count + 1) .. '-0', 't', now, 'a', ARGV[1], 'b', isCoordinator and ARGV[7] or ARGV[6])
if isCoordinator then
  redis.call('HSET', KEYS[1], 'status', 'failed', 'endedAt', now, 'reasons', cjson.encode({ARGV[8]}))
  redis.call('ZADD', KEYS[8], now, ARGV[2])
else
  redis.call('RPUSH', KEYS[7], ARGV[5])
  redis.call('ZADD', KEYS[5], now, ARGV[4])
  redis.call('PUBLISH', ARGV[9], ARGV[4])
end
return {'OK'}
