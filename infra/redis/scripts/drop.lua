--[[
DROP: a dead letter is thrown away for good. While its run goes on, its log says so; an ended log stays as it ended.

KEYS   1 run  2 log  3 dead  4 sent
ARGV   1 entry of the letter in the stream   2 letter id   3 member (run/actor/type)   4 log body (1 event)
RETURN {"OK"} | {"AGAIN"}  it was dropped before   | {"GONE"}  no such letter
]]
local status = redis.call('HGET', KEYS[1], 'status')
if redis.call('HEXISTS', KEYS[4], 'drop:' .. ARGV[2]) == 1 then return {'AGAIN'} end
redis.call('XLEN', KEYS[2])
if redis.call('XDEL', KEYS[3], ARGV[1]) == 0 then return {'GONE'} end
if status == 'running' then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('HSET', KEYS[4], 'drop:' .. ARGV[2], now)
  local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  redis.call('XADD', KEYS[2], seq .. '-0', 't', now, 'a', ARGV[3], 'b', ARGV[4])
end
return {'OK'}
