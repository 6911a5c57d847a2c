--[[
SEND: a message from outside the run into one actor's mailbox. The same message id a second time changes nothing.

KEYS   1 run  2 sent  3 mailbox  4 ready
ARGV   1 message id   2 message (JSON)   3 member (run/actor/type)   4 bell channel   5 mailbox limit
RETURN {"OK"} | {"AGAIN"} | {"NORUN"} | {"ENDED", status} | {"FULL", length}
]]
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return {'NORUN'} end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return {'AGAIN'} end
if status ~= 'running' then return {'ENDED', status} end
local length = redis.call('LLEN', KEYS[3])
if length >= tonumber(ARGV[5]) then return {'FULL', length} end
redis.call('ZCARD', KEYS[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('HSET', KEYS[2], ARGV[1], now)
redis.call('RPUSH', KEYS[3], ARGV[2])
redis.call('ZADD', KEYS[4], now, ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[3])
return {'OK'}
