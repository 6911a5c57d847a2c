--[[
SWEEP: one shard. Timers that are due become messages; members of `ready` that nobody has touched for a while are
named, so that the caller wakes them. Parked runs are passed over. A timer named `approval:<id>` is the end of the time in
which that approval could be answered: it expires here, which is the answer. Timers of a fenced actor end here in silence.

KEYS   1 ready  2 timers
ARGV   1 prefix of the shard's run keys, ending in ":"   2 idle ms   3 at most   4 bell channel
RETURN {next timer due in ms or -1, member…}
]]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local limit = tonumber(ARGV[3])
local wake = {}
local function expire(run, approval)
  local key = ARGV[1] .. run .. ':approvals'
  local facts = redis.call('HGET', key, approval .. '#s')
  if not facts or redis.call('HEXISTS', key, approval .. '#a') == 1 then return nil end
  local asked, expires, call = string.match(facts, '^(%d+) (%d+) %S+ %S+ (.*)$')
  local reason = string.format('approval expired after %g h', (tonumber(expires) - tonumber(asked)) / 3600000)
  local said = ',"by":"timer","reason":"' .. reason .. '"'
  redis.call('HSET', key, approval .. '#a', '{"status":"expired"' .. said .. string.format(',"at":%d}', now))
  redis.call('HINCRBY', ARGV[1] .. run, 'asking', -1)
  local about = '"approval":' .. cjson.encode(approval) .. ',"call":' .. cjson.encode(call)
  redis.call('XADD', ARGV[1] .. run .. ':audit', '*', 'b', (redis.call('HGET', key, approval .. '#u') or '{"approval":"?"')
    .. ',"handler":"worker","decision":"deny","rule":"approval","reason":"' .. reason .. '","answeredBy":"expiry","latencyMs":'
    .. string.format('%d}', now - tonumber(asked)))
  return '{"id":' .. cjson.encode('answer:' .. approval) .. ',"event":{"type":"approval.answered",' .. about
    .. ',"allowed":false' .. said .. '}}'
end
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, limit)
for _, armed in ipairs(due) do
  local member, id, by = string.match(armed, '^(.-)|(.*)|(%d+)$')
  local address = string.match(member, '^(.-/.-)/')
  local run, actor = string.match(address, '^(.-)/(.*)$')
  redis.call('ZREM', KEYS[2], armed)
  local isOver = redis.call('HEXISTS', ARGV[1] .. run .. ':' .. actor .. ':s', 'fenced') == 1
  if redis.call('HGET', ARGV[1] .. run, 'status') == 'running' and not isOver then
    local approval = string.match(id, '^approval:(.*)$')
    local mail
    if approval then
      mail = expire(run, approval)
    else
      mail = '{"id":' .. cjson.encode('timer:' .. id .. ':' .. by) .. ',"timer":' .. cjson.encode(id) .. ',"armedBy":' .. by .. '}'
    end
    if mail then
      redis.call('RPUSH', ARGV[1] .. run .. ':' .. actor .. ':mailbox', mail)
      redis.call('ZADD', KEYS[1], now, member)
      redis.call('PUBLISH', ARGV[4], address)
      if redis.call('HEXISTS', ARGV[1] .. run, 'hold') == 0 then wake[#wake + 1] = member end
    end
  end
end
local idle = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]), 'LIMIT', 0, limit)
for _, member in ipairs(idle) do
  local run = string.match(member, '^(.-)/')
  if redis.call('HEXISTS', ARGV[1] .. run, 'hold') == 0 then
    wake[#wake + 1] = member
  else
    -- To the back of the line, or two hundred parked actors would hide everybody behind them.
    redis.call('ZADD', KEYS[1], 'XX', now, member)
  end
end
local nextDue = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
table.insert(wake, 1, nextDue[2] and math.max(0, tonumber(nextDue[2]) - now) or -1)
return wake
