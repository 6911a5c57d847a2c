--[[
REATTACHED: this claim found its effects running in its own process. Nobody has died of them: the count begins anew.

KEYS   1 snapshot  2 pending
ARGV   1 epoch   2 nonce
RETURN {"OK"} | {"FENCED"}  another activation has claimed the actor since; nothing was written
]]
local head = redis.call('HMGET', KEYS[1], 'epoch', 'nonce')
local fields = redis.call('HKEYS', KEYS[2])
if head[1] ~= ARGV[1] or head[2] ~= ARGV[2] then return {'FENCED'} end
local counts = {}
for _, field in ipairs(fields) do
  if string.sub(field, -6) == '#found' then counts[#counts + 1] = field end
end
if #counts > 0 then redis.call('HDEL', KEYS[2], unpack(counts)) end
redis.call('HSET', KEYS[1], 'claims', 0)
return {'OK'}
