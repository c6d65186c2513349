-- The fields of a dead letter made from an entry's id and fields.
local function letter(origin, id, fields, reason, error, count)
  local body, others = '', {}
  for at = 1, #fields, 2 do
    if fields[at] == 'data' then
      body = fields[at + 1]
    else
      others[#others + 1], others[#others + 2] = 'entry:' .. fields[at], fields[at + 1]
    end
  end
  return {'origin', origin, 'reason', reason, 'error', error, 'deliveries', count,
    'first', string.match(id, '^%d+'), 'last', now_ms(), 'body', body, unpack(others, 1, 1000)}
end

-- The lowest id that some group has pending or has not had yet.
local function lowest(stream)
  local low_ms, low_seq
  for _, row in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local info = {}
    for at = 1, #row, 2 do info[row[at]] = row[at + 1] end
    local pending = redis.call('XPENDING', stream, info['name'])
    local id = pending[1] > 0 and pending[2] or info['last-delivered-id']
    local ms, seq = string.match(id, '(%d+)-(%d+)')
    ms, seq = tonumber(ms), tonumber(seq) + (pending[1] > 0 and 0 or 1)
    if not low_ms or ms < low_ms or (ms == low_ms and seq < low_seq) then low_ms, low_seq = ms, seq end
  end
  return string.format('%.0f-%.0f', low_ms, low_seq)
end

-- Acknowledges entries and deletes them once no group needs them. XACK with XDEL would take them
-- from the other groups too. The last entry that a group has had stays until all before it are gone:
-- without it the group's lag would be null.
local function remove(stream, group, ids, removal)
  local last, acked, deleted = {}, {}, {}
  for _, row in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    for at = 1, #row, 2 do
      if row[at] == 'last-delivered-id' then last[row[at + 1]] = true end
    end
  end
  for _, id in ipairs(ids) do
    local list = (removal ~= 'xackdel' or last[id]) and acked or deleted
    list[#list + 1] = id
  end
  for from = 1, #acked, 1000 do
    redis.call('XACK', stream, group, unpack(acked, from, math.min(from + 999, #acked)))
  end
  for from = 1, #deleted, 1000 do
    local some = {unpack(deleted, from, math.min(from + 999, #deleted))}
    redis.call('XACKDEL', stream, group, 'ACKED', 'IDS', #some, unpack(some))
  end
  if #ids > 0 then redis.call('XTRIM', stream, 'MINID', '=', lowest(stream)) end
end
