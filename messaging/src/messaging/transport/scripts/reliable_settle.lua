-- Settles a batch of a reliable queue. What is not named is acknowledged.
--
-- KEYS  leases, inflight, dead letters
-- ARGV  batch id, most deliveries, origin, then for each that is not acknowledged:
--       place in the batch, "retry" or the dead letter's reason, delay (ms), error
-- Reply {retried, dead}, or {-1} when the batch is no longer held under this id: nothing changed
-- include clock
local leases, inflight, dead = unpack(KEYS)
local id, most, origin = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local function drop()
  redis.call('ZREM', leases, id)
  return redis.call('HDEL', inflight, id)
end

local packed = #ARGV > 3 and redis.call('HGET', inflight, id)
if not packed then return drop() == 1 and {0, 0} or {-1} end

-- The first write of a script is the one that maxmemory may refuse; this one never is. Whatever else
-- may be refused, by the user's rights or a key's type, stands before the batch is dropped.
redis.call('ZREM', leases, '')
local now = now_ms()
local count, first, bodies = unpack(cmsgpack.unpack(packed))
local retried, buried = 0, 0
for at = 4, #ARGV, 4 do
  local place, kind, delay, error = tonumber(ARGV[at]), ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
  local body = bodies[place]
  if kind == 'retry' and count < most then
    local part = string.format('%s:%06d', id, place)
    redis.call('HSET', inflight, part, cmsgpack.pack({count, first, {body}}))
    redis.call('ZADD', leases, now + delay, part)
    retried = retried + 1
  else
    redis.call('XADD', dead, '*', 'origin', origin, 'reason', kind == 'retry' and 'deliveries' or kind,
      'error', error, 'deliveries', count, 'first', first, 'last', now, 'body', body)
    buried = buried + 1
  end
end
drop()
return {retried, buried}
