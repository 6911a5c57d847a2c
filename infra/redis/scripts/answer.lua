--[[
ANSWER: a person says yes or no to one approval. The row, the word to its actor, the grant and the audit are one step;
the first answer counts, and one past its time does not. What is refused leaves a line in the audit and nothing else.

KEYS   1 run  2 approvals  3 audit  4 ready  5 timers  6 grants  7 mailbox
ARGV   1 approval id   2 run id   3 bell channel   4 hash of what the answerer saw   5 token of this answer
       6 answer (JSON without its closing brace)   7 message to the actor (JSON)   8 actor/type
       9 grant id ("" = none)   10 grant (JSON without its closing brace)   11 ms the grant lasts ("" = as its run)
       12 end of the audit row, without its closing brace   13 audit row of a refusal, without its closing brace
RETURN {"OK"}  also where this very answer was taken before
       {"LATE", verdict (JSON)}  it was answered, withdrawn or is past its time (then "" where no sweep said so yet)
       {"UNKNOWN"} | {"FORGED"}  that is not what was proposed | {"ENDED", status} | {"NORUN"}
]]
-- Refused attempts that the audit of one run takes; whoever tries for ever must not fill the memory.
local REFUSED_MAX = 1000
local run = redis.call('HMGET', KEYS[1], 'status', 'stub')
if not run[1] or run[2] then return {'NORUN'} end
redis.call('XLEN', KEYS[3])
local function refuse(why, answer)
  if redis.call('HINCRBY', KEYS[2], '#refused', 1) <= REFUSED_MAX then
    redis.call('XADD', KEYS[3], '*', 'b', ARGV[13] .. ',"rule":"approval.' .. why .. '"}')
  end
  return answer
end
local found = redis.call('HMGET', KEYS[2], ARGV[1] .. '#s', ARGV[1] .. '#a')
if not found[1] then return refuse('unknown', {'UNKNOWN'}) end
if found[2] then
  local read, answer = pcall(cjson.decode, found[2])
  if read and answer.token == ARGV[5] then return {'OK'} end
  return refuse('late', {'LATE', found[2]})
end
if run[1] ~= 'running' then return refuse('ended', {'ENDED', run[1]}) end
local asked, expires, hash, member = string.match(found[1], '^(%d+) (%d+) (%S+) (%S+) ')
if hash ~= ARGV[4] or member ~= ARGV[8] then return refuse('forged', {'FORGED'}) end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if now >= tonumber(expires) then return {'LATE', ''} end
redis.call('LLEN', KEYS[7])
redis.call('ZCARD', KEYS[4])
redis.call('ZCARD', KEYS[5])
redis.call('HLEN', KEYS[6])

-- From here on everything is written.
local at = string.format(',"at":%d', now)
redis.call('HSET', KEYS[2], ARGV[1] .. '#a', ARGV[6] .. at .. '}')
redis.call('HINCRBY', KEYS[1], 'asking', -1)
redis.call('ZREM', KEYS[5], ARGV[2] .. '/' .. member .. '|approval:' .. ARGV[1] .. '|0')
if ARGV[9] ~= '' then
  local ends = ARGV[11] == '' and 'null' or string.format('%d', now + tonumber(ARGV[11]))
  redis.call('HSET', KEYS[6], ARGV[9], ARGV[10] .. string.format(',"atMs":%d', now) .. ',"expiresAtMs":' .. ends .. '}')
end
redis.call('RPUSH', KEYS[7], ARGV[7])
redis.call('ZADD', KEYS[4], now, ARGV[2] .. '/' .. member)
redis.call('PUBLISH', ARGV[3], ARGV[2] .. '/' .. member)
redis.call('XADD', KEYS[3], '*', 'b', (redis.call('HGET', KEYS[2], ARGV[1] .. '#u') or '{"approval":"?"') .. ',' .. ARGV[12]
  .. string.format(',"latencyMs":%d}', now - tonumber(asked)))
return {'OK'}
