--[[
SWEEP: one shard. Timers that are due become messages; members of `ready` that nobody has touched for a while are
named, so that the caller wakes them. Parked runs are passed over.

KEYS   1 ready  2 timers
ARGV   1 prefix of the shard's run keys, ending in ":"   2 idle ms   3 at most   4 bell channel
RETURN {next timer due in ms or -1, member…}
]]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local limit = tonumber(ARGV[3])
local wake = {}
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, limit)
for _, armed in ipairs(due) do
  local member, id, by = string.match(armed, '^(.-)|(.*)|(%d+)$')
  local address = string.match(member, '^(.-/.-)/')
  local run, actor = string.match(address, '^(.-)/(.*)$')
  redis.call('ZREM', KEYS[2], armed)
  if redis.call('HGET', ARGV[1] .. run, 'status') == 'running' then
    local mail = '{"id":' .. cjson.encode('timer:' .. id .. ':' .. by) .. ',"timer":' .. cjson.encode(id) .. ',"armedBy":' .. by .. '}'
    redis.call('RPUSH', ARGV[1] .. run .. ':' .. actor .. ':mailbox', mail)
    redis.call('ZADD', KEYS[1], now, member)
    redis.call('PUBLISH', ARGV[4], address)
    if redis.call('HEXISTS', ARGV[1] .. run, 'hold') == 0 then wake[#wake + 1] = member end
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
