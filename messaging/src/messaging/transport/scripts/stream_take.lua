-- Takes one entry that was delivered before: this consumer's own, after a restart or a lost reply,
-- or anybody's whose lease is due. One delivered too often becomes a dead letter, and the next is taken.
--
-- KEYS  stream, dead letters
-- ARGV  group, consumer, lease (ms), most deliveries, origin, "own" or "due", where to go on from,
--       "xackdel" or "trim", or what to keep: "last N" entries, or those of the last "ms N"
-- Reply {where to go on from, dead, trimmed} and, when there is one, id, delivery count, fields
-- include clock
-- include stream
local stream, dead = unpack(KEYS)
local group, consumer, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local most, origin, whose, cursor, removal = tonumber(ARGV[4]), ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local buried, trimmed = 0, 0

local function own()
  local reply = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', 1, 'STREAMS', stream, cursor)
  local entry = reply and reply[1] and reply[1][2][1]
  if not entry then
    cursor = ''
    return
  end
  cursor = entry[1]
  if entry[2] then return entry end
  redis.call('XACK', stream, group, entry[1])
  trimmed = trimmed + 1
end

local function due()
  local reply = redis.call('XAUTOCLAIM', stream, group, consumer, lease, cursor, 'COUNT', 1)
  cursor, trimmed = reply[1] == '0-0' and '' or reply[1], trimmed + #(reply[3] or {})
  return reply[2][1]
end

local take = whose == 'own' and own or due
for _ = 1, 100 do
  local entry = take()
  if entry then
    local count = redis.call('XPENDING', stream, group, entry[1], entry[1], 1)[1][4]
    if count <= most then return {cursor, buried, trimmed, entry[1], count, entry[2]} end
    redis.call('XADD', dead, '*',
      unpack(letter(origin, entry[1], entry[2], 'deliveries', 'no consumer settled it in time', count - 1)))
    remove(stream, group, {entry[1]}, entry[1], entry[1], removal)
    buried = buried + 1
  end
  if cursor == '' then break end
end
return {cursor, buried, trimmed}
