--[[
INCARNATION: compares the server process with the one that this shard was last seen on. Where another history may have
taken the place of the acknowledged one, the shard gets a new incarnation, once, whoever notices first.

KEYS   1 incarnation
ARGV   1 run id of the server   2 its replication id   3 "1" where it syncs each write before it answers, else "0"
       4 number of the layout that the caller reads and writes
RETURN {0, "layout", number}  the shard was written in another layout, or in one that had no number (""); nothing was written
       {incarnation, "first" | "same" | "kept" | "bumped"}
       "kept": restarted, but every acknowledged write was on disk, before and after
]]
local known = redis.call('HMGET', KEYS[1], 'number', 'server', 'replication', 'synced', 'layout')
local number = tonumber(known[1] or '0')
local change = 'first'
if known[2] then
  if known[5] ~= ARGV[4] then return {0, 'layout', known[5] or ''} end
  if known[2] == ARGV[1] and known[3] == ARGV[2] and known[4] == ARGV[3] then return {number, 'same'} end
  if known[2] == ARGV[1] then
    -- The same process with another history was a replica, or became one, in between.
    change = known[3] == ARGV[2] and 'same' or 'bumped'
  else
    change = known[4] == '1' and ARGV[3] == '1' and 'kept' or 'bumped'
  end
end
if change == 'bumped' then
  -- Never a number that was given before: the bump itself may have been lost with a second crash.
  number = math.max(number + 1, tonumber(redis.call('TIME')[1]))
end
-- Deleting comes first: it is allowed where memory is full, and what follows it in a script then is too.
redis.call('HDEL', KEYS[1], 'server')
redis.call('HSET', KEYS[1], 'number', string.format('%d', number), 'server', ARGV[1], 'replication', ARGV[2], 'synced', ARGV[3],
  'layout', ARGV[4])
return {number, change}
