-- Claims a leased batch of a reliable queue: the one already held under this id, else one message
-- whose lease is due, alone, else fresh ones.
--
-- KEYS  list, woken, leases, inflight, dead letters
-- ARGV  batch id, limit, bytes, lease (ms), most deliveries, origin
-- Reply {count, dead, body...} or, when there is nothing, {0, dead, ms until a lease is due or -1}
-- include clock
local list, woken, leases, inflight, dead = unpack(KEYS)
local id, limit, bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lease, most, origin = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local now = now_ms()
local buried = 0

-- The first write of a script is the one that maxmemory may refuse. This one never is, and what
-- follows must not stop half way: consuming is what frees memory.
redis.call('ZREM', leases, id)

local function hold(entry)
  redis.call('ZADD', leases, now + lease, id) -- first: a lease without a batch is dropped when it is due
  redis.call('HSET', inflight, id, cmsgpack.pack(entry))
  local reply = {entry[1], buried}
  for _, body in ipairs(entry[3]) do reply[#reply + 1] = body end
  return reply
end

local function drop(batch)
  redis.call('ZREM', leases, batch)
  redis.call('HDEL', inflight, batch)
end

-- Makes each message an entry of its own: a redelivered one is delivered alone, and the batch's
-- former owner finds nothing under its id, so that its late settle changes nothing.
local function split(batch, score, entry)
  drop(batch)
  for place, body in ipairs(entry[3]) do
    local part = string.format('%s:%06d', batch, place)
    redis.call('HSET', inflight, part, cmsgpack.pack({entry[1], entry[2], {body}}))
    redis.call('ZADD', leases, score, part)
  end
end

local function bury(entry)
  redis.call('XADD', dead, '*', 'origin', origin, 'reason', 'deliveries',
    'error', 'no consumer settled it in time', 'deliveries', entry[1],
    'first', entry[2], 'last', now, 'body', entry[3][1])
  buried = buried + 1
end

local held = redis.call('HGET', inflight, id)
if held then return hold(cmsgpack.unpack(held)) end

while buried < 1000 do
  local due = redis.call('ZRANGE', leases, '-inf', now, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
  if not due[1] then break end
  local packed = redis.call('HGET', inflight, due[1])
  local entry = packed and cmsgpack.unpack(packed)
  if not entry then
    redis.call('ZREM', leases, due[1])
  elseif #entry[3] > 1 then
    split(due[1], due[2], entry)
  else
    if entry[1] < most then
      drop(due[1])
      return hold({entry[1] + 1, entry[2], entry[3]})
    end
    bury(entry)
    drop(due[1])
  end
end

local bodies, size = {}, 0
local function take(source)
  local room = limit - #bodies
  if room < 1 or size >= bytes then return 0 end
  local taken = 0
  for _, body in ipairs(redis.call('LRANGE', source, 0, room - 1)) do
    if #bodies > 0 and size + #body > bytes then
      size = bytes
      break
    end
    bodies[#bodies + 1], size, taken = body, size + #body, taken + 1
  end
  return taken
end

local from_woken, from_list = take(woken), take(list)
if #bodies > 0 then
  local reply = hold({1, now, bodies})
  if from_woken > 0 then redis.call('LTRIM', woken, from_woken, -1) end
  if from_list > 0 then redis.call('LTRIM', list, from_list, -1) end
  return reply
end
local next = redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')
return {0, buried, next[2] and math.max(0, next[2] - now) or -1}
