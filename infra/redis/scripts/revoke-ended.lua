--[[
REVOKE-ENDED: results of a run that is over count no more. Its log has said its last word and says nothing of it: the
envelopes do, which every reader goes by. Each is revoked once; the first word stands.

KEYS   1 run  2 results
ARGV   revocation without its closing brace, result, the next revocation …
RETURN {"OK", result…}  those that were revoked by this very call
       {"RUNNING"}  whose coordinator has to be asked | {"ARCHIVED"}  its results lie in a file that nobody changes | {"NORUN"}
]]
local run = redis.call('HMGET', KEYS[1], 'status', 'stub')
if not run[1] then return {'NORUN'} end
if run[2] then return {'ARCHIVED'} end
if run[1] == 'running' then return {'RUNNING'} end
redis.call('HLEN', KEYS[2])
--@include revoked-envelope.lua
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local did = {'OK'}
for i = 1, #ARGV, 2 do
  local envelope = revokedEnvelope(redis.call('HGET', KEYS[2], ARGV[i + 1]), ARGV[i], now)
  if envelope then
    redis.call('HSET', KEYS[2], ARGV[i + 1], envelope)
    did[#did + 1] = ARGV[i + 1]
  end
end
return did
