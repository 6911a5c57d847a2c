--[[
CREATE: a run comes into being with its coordinator's first message in the mailbox. The client made the run id; a
second call with the same id changes nothing.

KEYS   1 run  2 budget  3 briefs  4 actors  5 mailbox of the coordinator  6 ready  7 runs
ARGV   1 run id   2 member (run/actor/type)   3 bell channel   4 actor   5 actor row (JSON)   6 message (JSON)
       7 count of run fields, then field, value …   count of budget fields …   count of briefs …
RETURN {"OK", now ms} | {"EXISTS"}
]]
if redis.call('EXISTS', KEYS[1]) == 1 then return {'EXISTS'} end
redis.call('HLEN', KEYS[2])
redis.call('HLEN', KEYS[3])
redis.call('HLEN', KEYS[4])
redis.call('LLEN', KEYS[5])
redis.call('ZCARD', KEYS[6])
redis.call('ZCARD', KEYS[7])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local cursor = 7
for key = 1, 3 do
  local count = tonumber(ARGV[cursor])
  for i = cursor + 1, cursor + count * 2, 2 do redis.call('HSET', KEYS[key], ARGV[i], ARGV[i + 1]) end
  cursor = cursor + 1 + count * 2
end
redis.call('HSET', KEYS[1], 'status', 'running', 'seq', 0, 'createdAt', now)
redis.call('HSET', KEYS[4], ARGV[4], ARGV[5])
redis.call('RPUSH', KEYS[5], ARGV[6])
redis.call('ZADD', KEYS[6], now, ARGV[2])
redis.call('ZADD', KEYS[7], now, ARGV[1])
redis.call('PUBLISH', ARGV[3], ARGV[2])
return {'OK', now}
