--[[
HOLD: parks a run (no outside effect starts any more) or lets it go on. Parking twice, or an ended run, changes nothing.

KEYS   1 run  2 log  3 actors  4 ready
ARGV   1 "park" | "resume"   2 log body (JSON)   3 run id   4 base key of the run   5 bell channel
RETURN {"OK", member…}  members that have mail or unanswered effects | {"SAME"} | {"NORUN"} | {"ENDED", status}
]]
local run = redis.call('HMGET', KEYS[1], 'status', 'hold')
if not run[1] then return {'NORUN'} end
if run[1] ~= 'running' then return {'ENDED', run[1]} end
local same = (run[2] and true or false) == (ARGV[1] == 'park')
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZCARD', KEYS[4])
local actors = redis.call('HGETALL', KEYS[3])
local busy = {}
for i = 1, #actors, 2 do
  local base = ARGV[4] .. ':' .. actors[i]
  if redis.call('LLEN', base .. ':mailbox') > 0 or redis.call('HLEN', base .. ':p') > 0 then
    busy[#busy + 1] = ARGV[3] .. '/' .. actors[i] .. '/' .. cjson.decode(actors[i + 1]).type
  end
end
redis.call('XLEN', KEYS[2])

-- From here on everything is written.
if not same then
  local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  redis.call('XADD', KEYS[2], seq .. '-0', 't', now, 'a', ARGV[3] .. '/-/-', 'b', ARGV[2])
  if ARGV[1] == 'park' then
    redis.call('HSET', KEYS[1], 'hold', now)
  else
    redis.call('HDEL', KEYS[1], 'hold')
  end
end
for _, member in ipairs(busy) do
  if ARGV[1] == 'resume' then
    redis.call('ZADD', KEYS[4], now, member)
    redis.call('PUBLISH', ARGV[5], member)
  end
end
if ARGV[1] == 'park' then
  for i = 1, #actors, 2 do redis.call('PUBLISH', ARGV[5], ARGV[3] .. '/' .. actors[i]) end
end
table.insert(busy, 1, same and 'SAME' or 'OK')
return busy
