--[[
SEND: a message from outside the run into one actor's mailbox. The same message id a second time changes nothing.

KEYS   1 run  2 sent  3 mailbox  4 ready  5 snapshot
ARGV   1 message id   2 message (JSON)   3 member (run/actor/type)   4 bell channel   5 mailbox limit
RETURN {"OK"} | {"AGAIN"} | {"NORUN"} | {"ENDED", status}  of the run; "fenced" where only this actor is over
       {"FULL", length}  the mailbox, or the list of ids by which a second sending is known
]]
-- Ids of messages from outside that one run remembers. Forgetting one would deliver its message twice, so no more are
-- taken in; the coordinator's have room of their own, so that a run can always be cancelled.
local SENT_MAX = 10000
local SENT_MAX_COORDINATOR = 11000
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return {'NORUN'} end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return {'AGAIN'} end
if status ~= 'running' then return {'ENDED', status} end
if redis.call('HEXISTS', KEYS[5], 'fenced') == 1 then return {'ENDED', 'fenced'} end
local length = redis.call('LLEN', KEYS[3])
if length >= tonumber(ARGV[5]) then return {'FULL', length} end
local sent = redis.call('HLEN', KEYS[2])
local room = string.sub(ARGV[3], -12) == '/coordinator' and SENT_MAX_COORDINATOR or SENT_MAX
if sent >= room then return {'FULL', sent} end
redis.call('ZCARD', KEYS[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('HSET', KEYS[2], ARGV[1], now)
redis.call('RPUSH', KEYS[3], ARGV[2])
redis.call('ZADD', KEYS[4], now, ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[3])
return {'OK'}
