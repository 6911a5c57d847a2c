--[[
BUDGET: a running run may have more, or less, from here on. What is reserved already stays granted, so no limit is taken
below what is spent and held.

KEYS   1 run  2 budget  3 log
ARGV   1 run id   2 tokens at most ("" = as it is)   3 nano-USD at most ("" = as it is)
       4 log body (1 event), open behind the event's last field but the limits
RETURN {"OK" | "SAME" | "BELOW", tokens at most, nano-USD at most ("" = no limit), tokens spent, held, nano-USD spent, held}
       SAME: these were the limits before, and nothing was written. BELOW: nothing was written
       {"ENDED", status} | {"NORUN"}
]]
local run = redis.call('HMGET', KEYS[1], 'status', 'm', 'stub')
if not run[1] or run[3] then return {'NORUN'} end
if run[1] ~= 'running' then return {'ENDED', run[1]} end
local money = {}
for amount in string.gmatch(run[2] or '0 0 0 0', '-?%d+') do money[#money + 1] = tonumber(amount) end
local before = redis.call('HMGET', KEYS[2], 'tokensMax', 'nanoMax')
redis.call('XLEN', KEYS[3])

-- Amounts lie as "tokens nano tokens-held nano-held".
local names, limits, same, below = {'tokensMax', 'nanoMax'}, {}, true, false
for i = 1, 2 do
  local wanted = tonumber(ARGV[i + 1])
  local had = tonumber(before[i] or '')
  limits[i] = wanted or had
  if wanted and wanted ~= had then
    same = false
    if wanted < money[i] + money[i + 2] then below = true end
  end
end
local function written(limit, none) return limit and string.format('%d', limit) or none end
local function answer(kind)
  local out = {kind, written(limits[1], ''), written(limits[2], '')}
  for _, at in ipairs({1, 3, 2, 4}) do out[#out + 1] = string.format('%d', money[at]) end
  return out
end
if same then return answer('SAME') end
if below then return answer('BELOW') end

-- From here on everything is written.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for i = 1, 2 do
  if limits[i] then redis.call('HSET', KEYS[2], names[i], written(limits[i])) end
end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local body = ARGV[4] .. ',"tokensMax":' .. written(limits[1], 'null') .. ',"nanoUsdMax":' .. written(limits[2], 'null') .. '}]}'
redis.call('XADD', KEYS[3], seq .. '-0', 't', now, 'a', ARGV[1] .. '/-/-', 'b', body)
return answer('OK')
