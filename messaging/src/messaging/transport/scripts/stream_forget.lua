-- Deletes consumers that hold nothing: one by its name, or all that were idle for long.
-- (XGROUP DELCONSUMER also drops what is pending, which would lose it: hence the check, here, atomically.)
--
-- KEYS  stream
-- ARGV  group, consumer or "" for all, least idle time (ms)
-- Reply how many were deleted
local deleted = 0
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local info = {}
  for at = 1, #row, 2 do info[row[at]] = row[at + 1] end
  local meant = ARGV[2] == '' or info['name'] == ARGV[2]
  if meant and info['pending'] == 0 and info['idle'] >= tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info['name'])
    deleted = deleted + 1
  end
end
return deleted
