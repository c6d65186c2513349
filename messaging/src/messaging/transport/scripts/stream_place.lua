-- Tells a group that nobody reads yet how many entries stand before it, so that the server knows its lag. A page of
-- entries at a time, so that the server is never busy for long.
--
-- KEYS  stream
-- ARGV  group, where it begins (its last id), where to go on from, how many were counted so far, entries a page
-- Reply {how many stand behind where it begins, "" when all are counted, else where to go on from}
local stream, group, begins = KEYS[1], ARGV[1], ARGV[2]
local rows = redis.call('XRANGE', stream, '(' .. ARGV[3], '+', 'COUNT', ARGV[5])
local counted = tonumber(ARGV[4]) + #rows
if #rows == tonumber(ARGV[5]) then return {counted, rows[#rows][1]} end

local function facts(row)
  local info = {}
  for at = 1, #row, 2 do info[row[at]] = row[at + 1] end
  return info
end
local added = facts(redis.call('XINFO', 'STREAM', stream))['entries-added']
for _, row in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local info = facts(row)
  if info['name'] == group and info['last-delivered-id'] == begins and info['consumers'] == 0 then
    redis.call('XGROUP', 'SETID', stream, group, begins, 'ENTRIESREAD', added - counted)
  end
end
return {counted, ''}
