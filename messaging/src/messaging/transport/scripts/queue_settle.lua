-- Settles a batch of a queue: writes its dead letters in one step, each once however often it is called.
--
-- KEYS  dead letters
-- ARGV  how many of the newest letters to look at for this batch's (0 the first time), origin, first, last,
--       then for each letter: reason, error, deliveries, body
-- Reply how many were written; those that stand there already are not written again
local dead = KEYS[1]
local look, origin, first, last = tonumber(ARGV[1]), unpack(ARGV, 2, 4)

-- How often each letter stands there. (One of another's with the same bytes, that arrived and died in the same
-- milliseconds, counts as ours.)
local STEP, seen, from, there = 10, 0, '+', {}
while seen < look do
  local rows = redis.call('XREVRANGE', dead, from, '-', 'COUNT', STEP)
  for _, row in ipairs(rows) do
    local held = {}
    for at = 1, #row[2], 2 do held[row[2][at]] = row[2][at + 1] end
    if held.first == first and held.last == last then
      local key = held.error .. '\n' .. held.body
      there[key] = (there[key] or 0) + 1
    end
  end
  if #rows < STEP then break end
  seen, from = seen + STEP, '(' .. rows[#rows][1]
end

local written = 0
for at = 5, #ARGV, 4 do
  local key = ARGV[at + 1] .. '\n' .. ARGV[at + 3]
  if (there[key] or 0) > 0 then
    there[key] = there[key] - 1
  else
    redis.call('XADD', dead, '*', 'origin', origin, 'reason', ARGV[at], 'error', ARGV[at + 1],
      'deliveries', ARGV[at + 2], 'first', first, 'last', last, 'body', ARGV[at + 3])
    written = written + 1
  end
end
return written
