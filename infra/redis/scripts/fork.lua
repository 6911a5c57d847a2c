--[[
FORK: a run that was written out of sight comes into being. Its keys were staged with a time to live, so that a crash
before this leaves nothing behind; here they become lasting, in one step with the row by which readers know the run.

KEYS   1 run  2 ready  3 timers  4 runs
ARGV   1 run id   2 bell channel   3 count of staged keys, then each   count of run fields, then field, value …
       count of members with something to do, then each   count of timers, then "member|id|armed by", delay ms …
RETURN {"OK", now ms} | {"EXISTS"} | {"LOST", key}  a staged key has expired meanwhile; nothing was written
]]
if redis.call('EXISTS', KEYS[1]) == 1 then return {'EXISTS'} end
redis.call('ZCARD', KEYS[2])
redis.call('ZCARD', KEYS[3])
redis.call('ZCARD', KEYS[4])
local cursor = 3
local function list(width)
  local count = tonumber(ARGV[cursor])
  local from = cursor + 1
  cursor = from + count * width
  return from, cursor - 1
end
local keysFrom, keysTo = list(1)
local fieldsFrom, fieldsTo = list(2)
local readyFrom, readyTo = list(1)
local timersFrom, timersTo = list(2)
for i = keysFrom, keysTo do
  if redis.call('EXISTS', ARGV[i]) == 0 then return {'LOST', ARGV[i]} end
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- From here on everything is written.
for i = keysFrom, keysTo do redis.call('PERSIST', ARGV[i]) end
for i = fieldsFrom, fieldsTo, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'status', 'running', 'createdAt', now)
for i = timersFrom, timersTo, 2 do redis.call('ZADD', KEYS[3], now + tonumber(ARGV[i + 1]), ARGV[i]) end
for i = readyFrom, readyTo do redis.call('ZADD', KEYS[2], now, ARGV[i]) end
redis.call('ZADD', KEYS[4], now, ARGV[1])
for i = readyFrom, readyTo do redis.call('PUBLISH', ARGV[2], ARGV[i]) end
return {'OK', now}
