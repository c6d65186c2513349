-- Lengthens the lease of a batch that is still held.
--
-- KEYS  leases
-- ARGV  batch id, lease (ms)
-- Reply 1, or 0 when it is no longer held
-- include clock
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('ZADD', KEYS[1], now_ms() + tonumber(ARGV[2]), ARGV[1])
return 1
