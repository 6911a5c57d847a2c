--[[
UNWOUND: what a fenced actor had begun was ended on the host that began it, or that host is gone for good. With the last of
it the actor needs no looking after any more.

KEYS   1 snapshot  2 pending  3 mailbox  4 ready  5 stranded
ARGV   1 member (run/actor/type)   then the effects that were ended
RETURN {"OK", effects left} | {"LIVE"}  the actor was not fenced; nothing was written
]]
if redis.call('HEXISTS', KEYS[1], 'fenced') == 0 then return {'LIVE'} end
local pending = redis.call('HGETALL', KEYS[2])
redis.call('LLEN', KEYS[3])
redis.call('ZCARD', KEYS[4])
redis.call('ZCARD', KEYS[5])
local ended, over = {}, {}
for i = 2, #ARGV do ended[ARGV[i]] = true end
for i = 1, #pending, 2 do
  if ended[string.match(pending[i + 1], '^%S+')] then over[#over + 1] = pending[i] end
end
if #over > 0 then redis.call('HDEL', KEYS[2], unpack(over)) end
local left = redis.call('HLEN', KEYS[2])
if left == 0 then
  redis.call('ZREM', KEYS[4], ARGV[1])
  redis.call('ZREM', KEYS[5], ARGV[1])
  redis.call('DEL', KEYS[3])
end
return {'OK', left}
