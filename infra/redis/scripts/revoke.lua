--[[
REVOKE: a right is taken back. Told in the log and in the audit; calls that are judged from now on do not have it.

KEYS   1 run  2 grants  3 audit  4 log
ARGV   1 grant id   2 run id   3 revocation (JSON without its closing brace)   4 log body (1 event)   5 audit (JSON)
RETURN {"OK"} | {"AGAIN"}  it was taken back before | {"ENDED", status} | {"NORUN"}
]]
local run = redis.call('HMGET', KEYS[1], 'status', 'stub')
if not run[1] or run[2] then return {'NORUN'} end
if redis.call('HEXISTS', KEYS[2], ARGV[1] .. '#r') == 1 then return {'AGAIN'} end
if run[1] ~= 'running' then return {'ENDED', run[1]} end
redis.call('XLEN', KEYS[3])
redis.call('XLEN', KEYS[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('HSET', KEYS[2], ARGV[1] .. '#r', ARGV[3] .. string.format(',"at":%d}', now))
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('XADD', KEYS[4], seq .. '-0', 't', now, 'a', ARGV[2] .. '/-/-', 'b', ARGV[4])
redis.call('XADD', KEYS[3], '*', 'b', ARGV[5])
return {'OK'}
