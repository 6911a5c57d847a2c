--[[
UNLOCK: lets go of a shard's tidying lock, if it is still the caller's.

KEYS   1 lock
ARGV   1 token
RETURN {"OK"} | {"LOST"}
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'LOST'} end
redis.call('DEL', KEYS[1])
return {'OK'}
