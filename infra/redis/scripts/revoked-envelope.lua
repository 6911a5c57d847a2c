--[[
Part of scripts that revoke results: the envelope as it is stored from then on, or nil where it is not a verified one (it was
never written, never counted, or was revoked before: the first word stands). Only names stand before its status, so the
first place that reads like one is it (machines/revoked-envelope.ts).
]]
local function revokedEnvelope(stored, revocation, now)
  local from, to = string.find(stored or '', '"status":"verified"', 1, true)
  if not from then return nil end
  return string.sub(stored, 1, from - 1) .. '"status":"revoked"' .. string.sub(stored, to + 1, -2)
    .. ',"revoked":' .. revocation .. string.format(',"at":%d}}', now)
end
