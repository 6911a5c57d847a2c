--[[
LOST: takes down, once for each claim, that whoever held it is gone with what it had begun; and who took the actor up. A
claim that lets go by itself says so here too, so that nobody takes it for dead.

KEYS   1 run  2 log  3 snapshot
ARGV   1 member (run/actor/type)   2 epoch   3 nonce of the claim that holds the actor now   4 version it must be at
       5 epoch of the claim that is over   6 event that tells of it (JSON; "" = it let go by itself)
       7 who took the actor up, as JSON ("" = nobody)
RETURN {"OK", event that tells of it}
       {"AGAIN", event}  this was taken down before
       {"MOVED"}  another has claimed the actor or brought it on, or it is over: there is no body
       {"NORUN"} | {"ENDED", status}
STORED snapshot `lost`: "epoch event taker version"; event 0: it let go; taker: epoch of who took it up, 0 = nobody has.
]]
local run = redis.call('HMGET', KEYS[1], 'status', 'stub')
if not run[1] or run[2] then return {'NORUN'} end
if run[1] ~= 'running' then return {'ENDED', run[1]} end
local head = redis.call('HMGET', KEYS[3], 'epoch', 'nonce', 'h', 'lost', 'fenced', 'dead', 'quarantined')
local version = string.match(head[3] or '', '^%d+') or '0'
if head[5] or head[6] or head[1] ~= ARGV[2] or head[2] ~= ARGV[3] or version ~= ARGV[4] then return {'MOVED'} end
local died, told, taker = string.match(head[4] or '', '^(%d+) (%d+) (%d+) ')
-- Of a claim that ended in quarantine its dead letter tells.
if head[7] == ARGV[5] then died, told, taker = ARGV[5], '0', ARGV[5] end
local known = died == ARGV[5]
if known and (taker ~= '0' or ARGV[7] == '') then return {'AGAIN', tonumber(told)} end
redis.call('XLEN', KEYS[2])

-- From here on everything is written.
local function note(event, by)
  redis.call('HSET', KEYS[3], 'lost', table.concat({ARGV[5], event, by, ARGV[4]}, ' '))
end
if ARGV[6] == '' then
  note(0, ARGV[5])
  return {'OK', 0}
end
local events = {}
local last = redis.call('HINCRBY', KEYS[1], 'seq', (known and 0 or 1) + (ARGV[7] ~= '' and 1 or 0))
local lost = known and tonumber(told) or (ARGV[7] ~= '' and last - 1 or last)
if not known then events[1] = ARGV[6] end
if ARGV[7] ~= '' then
  events[#events + 1] = '{"type":"actor.recovered","by":' .. ARGV[7] .. ',"lost":' .. string.format('%d}', lost)
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('XADD', KEYS[2], (last - #events + 1) .. '-0', 't', now, 'a', ARGV[1], 'b',
  '{"v":1,"events":[' .. table.concat(events, ',') .. ']}')
note(lost, ARGV[7] ~= '' and ARGV[2] or '0')
return {'OK', lost}
