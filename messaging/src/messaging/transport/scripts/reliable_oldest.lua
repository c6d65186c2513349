-- Tells when the oldest message in flight was delivered first, among the 100 batches that are due first:
-- what nobody renews is among them.
--
-- KEYS  leases, inflight
-- Reply how long ago that was (ms), or -1 when nothing is in flight
-- include clock
local leases, inflight = unpack(KEYS)
local now, oldest = now_ms(), nil
for _, batch in ipairs(redis.call('ZRANGE', leases, 0, 99)) do
  local packed = redis.call('HGET', inflight, batch)
  if packed then
    -- {count, first, bodies}: skip the array's head and read two numbers; the bodies may be megabytes
    local at = cmsgpack.unpack_one(packed, 1)
    local _, first = cmsgpack.unpack_one(packed, at)
    if not oldest or first < oldest then oldest = first end
  end
end
return oldest and math.max(0, now - oldest) or -1
