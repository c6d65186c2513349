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

-- An id as numbers, and which of two is lower. (As text 1-10 would come before 1-9.)
local function position(id)
  local ms, seq = string.match(id, '(%d+)-(%d+)')
  return {tonumber(ms), tonumber(seq)}
end
local function below(one, other)
  return one[1] < other[1] or (one[1] == other[1] and one[2] < other[2])
end

-- Delivery counts, by id, of what is pending between two ids for a group, or for one of its consumers alone.
local STEP = 100
local function pending(stream, group, first, last, ...)
  local counts, from = {}, first
  repeat
    local rows = redis.call('XPENDING', stream, group, from, last, STEP, ...)
    for _, row in ipairs(rows) do counts[row[1]] = row[4] end
    if #rows > 0 then from = '(' .. rows[#rows][1] end
  until #rows < STEP
  return counts
end

-- The groups by name with the last id that each was given; and the lowest of these.
local function groups_of(stream)
  local groups, reached = {}, nil
  for _, row in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local info = {}
    for at = 1, #row, 2 do info[row[at]] = row[at + 1] end
    local last = info['last-delivered-id']
    groups[info['name']] = last
    if not reached or below(position(last), position(reached)) then reached = last end
  end
  return groups, reached
end

-- The lowest id that some group has pending or has not had yet.
local function lowest(stream, groups)
  local low
  for name, last in pairs(groups) do
    local summary = redis.call('XPENDING', stream, name)
    local id = position(summary[1] > 0 and summary[2] or last)
    if summary[1] == 0 then id[2] = id[2] + 1 end
    if not low or below(id, low) then low = id end
  end
  return low
end

-- What may be deleted of the acknowledged entries, and of the one before `first`: what lies below the last
-- entry that each group was given.
--
-- That last one stays. XDEL of it or of a later one makes the group's lag null, until the group has been
-- given the newest; XDEL of lower ones does no harm, nor does XTRIM (seen on Redis 7.0.15, Redis 8.2.3 and
-- Valkey 9.1.2). Whoever settles what follows it finds it as the one before.
local function candidates(stream, reached, acked, first, last)
  local found, bound = {}, position(reached)
  local before = redis.call('XREVRANGE', stream, '(' .. first, '-', 'COUNT', 1)[1]
  if before and below(position(before[1]), bound) then found[1] = before[1] end
  local all = not below(bound, position(last)) -- which spares looking into each id
  for _, id in ipairs(acked) do
    if id ~= reached and (all or below(position(id), bound)) then found[#found + 1] = id end
  end
  return found, before and before[1] or first
end

-- Deletes those of the ids between `first` and `last` that no group has pending. No more than a batch lies
-- between: that is a call or two for each group, however much it has pending.
local function delete(stream, groups, ids, first, last)
  for name in pairs(groups) do
    if #ids == 0 then return end
    local needed, left = pending(stream, name, first, last), {}
    for _, id in ipairs(ids) do
      if not needed[id] then left[#left + 1] = id end
    end
    ids = left
  end
  for from = 1, #ids, 1000 do
    redis.call('XDEL', stream, unpack(ids, from, math.min(from + 999, #ids)))
  end
end

-- The lowest id that a kept history begins with: "last N" entries, or those of the last "ms N"; nil when none is too old.
local function oldest_kept(stream, how, much)
  if how == 'ms' then return {now_ms() - much, 0} end
  local spare = redis.call('XLEN', stream) - much
  if spare <= 0 then return nil end
  local rows = redis.call('XRANGE', stream, '-', '+', 'COUNT', math.min(spare, 1000))
  local id = position(rows[#rows][1])
  return {id[1], id[2] + 1}
end

-- Acknowledges entries, and trims what is neither kept as history nor needed by a group. XTRIM alone does it: XDEL
-- would make holes in a history.
local function acknowledge(stream, group, ids, how, much)
  for from = 1, #ids, 1000 do
    redis.call('XACK', stream, group, unpack(ids, from, math.min(from + 999, #ids)))
  end
  local low, kept = lowest(stream, groups_of(stream)), oldest_kept(stream, how, much)
  if kept then
    local bound = below(kept, low) and kept or low
    redis.call('XTRIM', stream, 'MINID', '=', string.format('%.0f-%.0f', bound[1], bound[2]))
  end
end

-- Acknowledges entries between `first` and `last`, and deletes them once no group needs them: XTRIM does, also
-- what others have acknowledged, below the lowest that is needed, and XACKDEL or XDEL behind it.
local function remove(stream, group, ids, first, last, removal)
  if #ids == 0 then return end
  local how, much = string.match(removal, '^(%a+) (%d+)$')
  if how then return acknowledge(stream, group, ids, how, tonumber(much)) end
  local groups, reached = groups_of(stream)
  local kept, acked, deleted = {}, {}, {}
  for _, id in pairs(groups) do kept[id] = true end
  for _, id in ipairs(ids) do
    local list = (removal ~= 'xackdel' or kept[id]) and acked or deleted
    list[#list + 1] = id
  end
  for from = 1, #acked, 1000 do
    redis.call('XACK', stream, group, unpack(acked, from, math.min(from + 999, #acked)))
  end
  for from = 1, #deleted, 1000 do
    local some = {unpack(deleted, from, math.min(from + 999, #deleted))}
    redis.call('XACKDEL', stream, group, 'ACKED', 'IDS', #some, unpack(some))
  end
  local low = lowest(stream, groups)
  redis.call('XTRIM', stream, 'MINID', '=', string.format('%.0f-%.0f', low[1], low[2]))
  if below(position(last), low) then return end -- all were trimmed, as nearly always
  local found, from = candidates(stream, reached, acked, first, last)
  delete(stream, groups, found, from, last)
end
