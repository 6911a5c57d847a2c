--[[
Part of COMMIT: what somebody is asked from this step on, and what nobody needs to be asked any more. Leaves in `asking` by how
much the number of open questions of the run changes.
]]
local asking = 0
for i = askedFrom, askedTo, 6 do
  local id, expires = ARGV[i], now + tonumber(ARGV[i + 4])
  local facts = string.format('%d %d %s %s %s', now, expires, ARGV[i + 3], string.match(ARGV[7], '/(.*)$'), ARGV[i + 2])
  redis.call('HSET', KEYS[16], id, ARGV[i + 1], id .. '#s', facts, id .. '#u', ARGV[i + 5])
  redis.call('ZADD', KEYS[12], expires, ARGV[7] .. '|approval:' .. id .. '|0')
  asking = asking + 1
end
for i = withdrawnFrom, withdrawnTo, 2 do
  local id = ARGV[i]
  if redis.call('HEXISTS', KEYS[16], id .. '#s') == 1 and redis.call('HEXISTS', KEYS[16], id .. '#a') == 0 then
    redis.call('HSET', KEYS[16], id .. '#a', ARGV[i + 1] .. string.format(',"at":%d}', now))
    redis.call('ZREM', KEYS[12], ARGV[7] .. '|approval:' .. id .. '|0')
    asking = asking - 1
  end
end
