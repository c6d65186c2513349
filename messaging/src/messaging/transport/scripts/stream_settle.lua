-- Settles entries of a stream that this consumer still owns, at the delivery that it had: XACK asks
-- for neither. Acknowledged entries are deleted once no group needs them and none is to be kept.
--
-- KEYS  stream, dead letters
-- ARGV  group, consumer, most deliveries, origin, lease (ms),
--       "xackdel" or "trim", or what to keep: "last N" entries, or those of the last "ms N"; number of entries,
--       then for each entry: id, delivery count,
--       then for each that is not acknowledged: its place, "retry" or the dead letter's reason, delay (ms), error
-- Reply {acked, retried, dead, stale}
-- include clock
-- include stream
local stream, dead = unpack(KEYS)
local group, consumer, most, origin = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local lease, removal, entries = tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7])

local kinds, last_id = {}, 7 + 2 * entries
for at = last_id + 1, #ARGV, 4 do
  kinds[tonumber(ARGV[at])] = {ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]}
end
local counts = entries > 0 and pending(stream, group, ARGV[8], ARGV[last_id - 1], consumer) or {}
local done, letters, retried, stale = {}, {}, 0, 0
for place = 1, entries do
  local id, count = ARGV[6 + 2 * place], tonumber(ARGV[7 + 2 * place])
  local kind = kinds[place]
  if counts[id] ~= count then
    stale = stale + 1
  elseif kind and kind[1] == 'retry' and count < most then
    -- Idle for so long that it becomes due for anybody after its delay.
    redis.call('XCLAIM', stream, group, consumer, 0, id,
      'IDLE', math.max(0, lease - kind[2]), 'RETRYCOUNT', count, 'JUSTID')
    retried = retried + 1
  else
    done[#done + 1] = id
    if kind then
      local entry = redis.call('XRANGE', stream, id, id)[1]
      local reason = kind[1] == 'retry' and 'deliveries' or kind[1]
      letters[#letters + 1] = letter(origin, id, entry and entry[2] or {}, reason, kind[3], count)
    end
  end
end
-- Letters first: one that is refused, by the user's rights or the key's type, must not lose its entry.
-- But the first write of a script is the one that maxmemory may refuse; an XACK never is.
redis.call('XACK', stream, group, '0-0')
for _, fields in ipairs(letters) do redis.call('XADD', dead, '*', unpack(fields)) end
remove(stream, group, done, ARGV[8], ARGV[last_id - 1], removal)
return {#done - #letters, retried, #letters, stale}
