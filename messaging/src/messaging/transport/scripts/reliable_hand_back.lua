-- Returns a batch undone. First deliveries go back to the head of the list, where a blocked
-- consumer wakes; a redelivery becomes due now, without counting this one.
--
-- KEYS  list, leases, inflight
-- ARGV  batch id
-- Reply how many messages went back; 0 when the batch is no longer held
local list, leases, inflight = unpack(KEYS)
local packed = redis.call('HGET', inflight, ARGV[1])
if not packed then return 0 end
redis.call('ZREM', leases, '') -- see reliable_settle
local count, first, bodies = unpack(cmsgpack.unpack(packed))
if count > 1 then
  redis.call('HSET', inflight, ARGV[1], cmsgpack.pack({count - 1, first, bodies}))
  redis.call('ZADD', leases, 0, ARGV[1])
else
  for place = #bodies, 1, -1 do redis.call('LPUSH', list, bodies[place]) end
  redis.call('ZREM', leases, ARGV[1])
  redis.call('HDEL', inflight, ARGV[1])
end
return #bodies
