--[[
REQUEUE: a dead letter goes back to work, in one step with the word to the coordinator, whose ledger must hold the task
as failed: then nobody else is at it. The actor itself is put back as it died, or (reroute) only the task is. The letter of a
task that used up its supervision can only be rerouted: nobody died.

KEYS   1 run  2 log  3 dead  4 snapshot  5 mailbox  6 pending  7 ready  8 mailbox of the coordinator
       9 snapshot of the coordinator  10 sent
ARGV   1 entry of the letter in the stream   2 letter id   3 member (run/actor/type)   4 task
       5 member of the coordinator   6 message to it (JSON)   7 log body (1 event)   8 bell channel
       9 "back" | "reroute"   10 id of the message
RETURN {"OK"} | {"AGAIN"}  it was requeued before   | {"GONE"}  no such letter   | {"NORUN"} | {"ENDED", status}
       {"OVER"}  the actor itself was fenced for good; only its task can go on
       {"TASK", status, actor}  the task is not failed: running, planned again, …   ("" where the run has no such task)
]]
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return {'NORUN'} end
if redis.call('HEXISTS', KEYS[10], ARGV[10]) == 1 then return {'AGAIN'} end
if status ~= 'running' then return {'ENDED', status} end
local found = redis.call('XRANGE', KEYS[3], ARGV[1], ARGV[1])[1]
if not found then return {'GONE'} end
local letter = {}
for i = 1, #found[2], 2 do letter[found[2][i]] = found[2][i + 1] end
if letter.id ~= ARGV[2] then return {'GONE'} end
local row = redis.call('HGET', KEYS[9], 'r:tasks/' .. ARGV[4])
-- As the command line lays it: "status actor rest"; "-" where there is no actor.
local task = {}
if row then task.status, task.actor = string.match(row, '^(%l+) (%S+) ') end
if task.status ~= 'failed' then
  return {'TASK', task.status or '', task.actor and task.actor ~= '-' and task.actor or ''}
end
if ARGV[9] == 'back' and redis.call('HEXISTS', KEYS[4], 'fenced') == 1 then return {'OVER'} end
redis.call('XLEN', KEYS[2])
redis.call('LLEN', KEYS[5])
redis.call('HLEN', KEYS[6])
redis.call('HLEN', KEYS[4])
redis.call('ZCARD', KEYS[7])
redis.call('LLEN', KEYS[8])

-- From here on everything is written.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('HSET', KEYS[10], ARGV[10], now)
redis.call('XDEL', KEYS[3], ARGV[1])
if ARGV[9] == 'back' then
  redis.call('HDEL', KEYS[4], 'dead', 'claims', 'claimsAt')
  if letter.mail ~= '' then redis.call('LPUSH', KEYS[5], letter.mail) end
  local pending = cjson.decode(letter.pending)
  for i = 1, #pending, 2 do
    -- What was reserved was charged when it died: it has no grant any more.
    if string.sub(pending[i], -6) ~= '#found' then
      redis.call('HSET', KEYS[6], pending[i], (string.gsub(pending[i + 1], '^(%S+ )%d+ %d+ %d+ ', '%1')))
    end
  end
  redis.call('ZADD', KEYS[7], now, ARGV[3])
  redis.call('PUBLISH', ARGV[8], ARGV[3])
end
redis.call('RPUSH', KEYS[8], ARGV[6])
redis.call('ZADD', KEYS[7], now, ARGV[5])
redis.call('PUBLISH', ARGV[8], ARGV[5])
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('XADD', KEYS[2], seq .. '-0', 't', now, 'a', ARGV[3], 'b', ARGV[7])
return {'OK'}
