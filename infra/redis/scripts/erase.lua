--[[
ERASE: the first step of taking an ended run out of Redis. Its row becomes a stub that names the archive; from here on
readers go there, and the rest is deleted piece by piece by the caller. The run stays on `ended` until that is done.

KEYS   1 run
ARGV   1 sequence number that was archived   then the stub: field, value …
RETURN {"OK"} | {"ALREADY"}  a stub already   | {"NORUN"} | {"RUNNING"} | {"CHANGED", sequence number found}
]]
local run = redis.call('HMGET', KEYS[1], 'status', 'seq', 'stub')
if not run[1] then return {'NORUN'} end
if run[3] then return {'ALREADY'} end
if run[1] == 'running' then return {'RUNNING'} end
if (run[2] or '0') ~= ARGV[1] then return {'CHANGED', run[2] or '0'} end
redis.call('DEL', KEYS[1])
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return {'OK'}
