-- Settles a batch of a queue: writes its dead letters, all or none, and once however often it is called.
--
-- KEYS  dead letters
-- ARGV  how many of the newest letters to look at for this batch's (0 the first time), origin, first, last,
--       then for each letter: reason, error, deliveries, body
-- Reply how many were written; 0 when they stand there already
local dead = KEYS[1]
local look, origin, first, last = tonumber(ARGV[1]), unpack(ARGV, 2, 4)

-- Whether a letter is the last one of this batch. (One of another's that has the same bytes, and arrived and died
-- in the same milliseconds, is taken for it.)
local function ours(fields)
  local held = {}
  for at = 1, #fields, 2 do held[fields[at]] = fields[at + 1] end
  return held.body == ARGV[#ARGV] and held.error == ARGV[#ARGV - 2] and held.first == first and held.last == last
end

local STEP, seen, from = 10, 0, '+'
while seen < look do
  local rows = redis.call('XREVRANGE', dead, from, '-', 'COUNT', STEP)
  for _, row in ipairs(rows) do
    if ours(row[2]) then return 0 end
  end
  if #rows < STEP then break end
  seen, from = seen + STEP, '(' .. rows[#rows][1]
end

for at = 5, #ARGV, 4 do
  redis.call('XADD', dead, '*', 'origin', origin, 'reason', ARGV[at], 'error', ARGV[at + 1],
    'deliveries', ARGV[at + 2], 'first', first, 'last', last, 'body', ARGV[at + 3])
end
return (#ARGV - 4) / 4
