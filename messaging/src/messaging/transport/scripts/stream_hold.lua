-- Sets how long the entries that this consumer still owns count as idle: 0 renews their lease, the
-- whole lease makes them due for anybody.
--
-- KEYS  stream
-- ARGV  group, consumer, idle (ms), how many deliveries to take back, then id, delivery count of each
-- Reply how many were still owned
local held = 0
for at = 5, #ARGV, 2 do
  local row = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[at], ARGV[at], 1)[1]
  if row and row[2] == ARGV[2] and row[4] == tonumber(ARGV[at + 1]) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[at],
      'IDLE', ARGV[3], 'RETRYCOUNT', row[4] - tonumber(ARGV[4]), 'JUSTID')
    held = held + 1
  end
end
return held
