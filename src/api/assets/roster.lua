-- SPDX-License-Identifier: LGPL-2.1-or-later
-- All that is done to groups, each call whole and alone. ARGV: a verb, the keys' prefix, the channels' prefix, the process, its registration,
-- what stands before a card when a seat comes and when it leaves, then the verb's own words. Ids are single words (percent-encoded).
--
-- {ns}:state:{group}    hash: epoch, offset                {ns}:seats:{group}     hash: connection -> "process member since came card"
-- {ns}:members:{group}  hash: member -> its connections    {ns}:said:{group}      stream: id offset-0, field m
-- {ns}:groups           set: those that have a seat        {ns}:process:{process} hash: connection -> "registration group"
-- {ns}:processes        sorted set: process -> ms when its lease ends
-- {ns}:live             hash: process -> its registration  {ns}:done              hash: process -> run of Redis in which it was complete
-- {ns}:data             string: another one when all data were lost
--
-- KEEP, HISTORY_MS and KEY_MS are given by the program.
local verb, ns, channels, process, generation, on_came, on_left = unpack(ARGV, 1, 7)

local function time_us()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

local function number(n)
  return string.format('%.0f', n)
end

local function key(kind, group)
  return ns .. ':' .. kind .. ':' .. group
end

local function is_live()
  return redis.call('HGET', ns .. ':live', process) == generation
end

-- a header's words, then what stands before a card, and the card
local function with_card(words, before, card)
  return words .. '",' .. before .. card .. '}'
end

local function tell(group, tail)
  local state, said = key('state', group), key('said', group)
  local offset = number(redis.call('HINCRBY', state, 'offset', 1))
  tail = redis.call('HGET', state, 'epoch') .. ' ' .. tail
  redis.call('XADD', said, 'MAXLEN', '~', KEEP, offset .. '-0', 'm', tail)
  redis.call('PEXPIRE', said, HISTORY_MS)
  redis.call('PUBLISH', channels .. group, '{"roster":"1 ' .. offset .. ' ' .. tail)
  return offset
end

local function seat_of(group, connection)
  local record = redis.call('HGET', key('seats', group), connection)
  if not record then
    return nil
  end
  local p, member, since, came, card = string.match(record, '^(%S+) (%S+) (%S+) (%S+) (.*)$')
  return { process = p, member = member, since = since, came = came, card = card }
end

local function touch(group)
  redis.call('PEXPIRE', key('state', group), KEY_MS)
  redis.call('PEXPIRE', key('seats', group), KEY_MS)
  redis.call('PEXPIRE', key('members', group), KEY_MS)
end

local function open(group, epoch)
  if redis.call('HSETNX', key('state', group), 'epoch', epoch) == 1 then
    redis.call('HSET', key('state', group), 'offset', 0)
    redis.call('DEL', key('said', group))
  end
end

-- out of all tables; nobody is told
local function take(group, connection)
  local seat = seat_of(group, connection)
  if not seat then
    return nil
  end
  local members, rest = key('members', group), {}
  for c in string.gmatch(redis.call('HGET', members, seat.member) or '', '%S+') do
    if c ~= connection then
      rest[#rest + 1] = c
    end
  end
  if #rest > 0 then
    redis.call('HSET', members, seat.member, table.concat(rest, ' '))
  else
    redis.call('HDEL', members, seat.member)
  end
  redis.call('HDEL', key('seats', group), connection)
  redis.call('HDEL', key('process', seat.process), connection)
  if redis.call('EXISTS', key('seats', group)) == 0 then
    redis.call('SREM', ns .. ':groups', group)
    redis.call('PEXPIRE', key('state', group), HISTORY_MS)
  end
  return seat
end

local function put(group, connection, seat, registration)
  local members = key('members', group)
  local others = redis.call('HGET', members, seat.member)
  redis.call('HSET', key('seats', group), connection,
             table.concat({ seat.process, seat.member, seat.since, seat.came, seat.card }, ' '))
  redis.call('HSET', members, seat.member, others and others .. ' ' .. connection or connection)
  redis.call('HSET', key('process', seat.process), connection, registration .. ' ' .. group)
  redis.call('PEXPIRE', key('process', seat.process), KEY_MS)
  redis.call('SADD', ns .. ':groups', group)
  touch(group)
end

local function came(group, connection, seat, replaces)
  local words = table.concat({ 'c', seat.process, connection, seat.member, seat.since, seat.came, replaces or '-', #on_came }, ' ')
  return tell(group, with_card(words, on_came, seat.card))
end

local function leave(group, connection, cause)
  local seat = take(group, connection)
  if not seat then
    return 0
  end
  local words = table.concat({ 'l', seat.process, connection, seat.member, seat.since, cause }, ' ')
  tell(group, with_card(words, on_left, seat.card))
  return 1
end

-- epoch, offset, then connection and record of each seat, appended to an answer
local function snapshot(answer, group)
  local place = redis.call('HMGET', key('state', group), 'epoch', 'offset')
  answer[#answer + 1] = place[1] or ''
  answer[#answer + 1] = place[2] or '0'
  for _, word in ipairs(redis.call('HGETALL', key('seats', group))) do
    answer[#answer + 1] = word
  end
  return answer
end

local function lease(of, from_ms, ms)
  redis.call('ZADD', ns .. ':processes', number(from_ms + ms), of)
end

-- up to `most` seats of a process; true when it has none any more
local function take_out(of, cause, most)
  local seats = redis.call('HSCAN', key('process', of), 0, 'COUNT', most)[2]
  for i = 1, #seats, 2 do
    local group = string.match(seats[i + 1], '^%S+ (.*)$')
    if leave(group, seats[i], cause) == 0 then
      redis.call('HDEL', key('process', of), seats[i])
    end
  end
  return #seats / 2, redis.call('EXISTS', key('process', of)) == 0
end

local verbs = {}

-- lease, run, new id of the data -> id of the data
function verbs.begin(lease_ms, data)
  redis.call('SET', ns .. ':data', data, 'NX')
  redis.call('HSET', ns .. ':live', process, generation)
  lease(process, time_us() / 1000, lease_ms)
  return { 'ok', redis.call('GET', ns .. ':data') }
end

-- group, new epoch, connection, member, card, rule, most members, snapshot? -> outcome, offset, snapshot
function verbs.join(group, epoch, connection, member, card, rule, most, wanted)
  if not is_live() then
    return { 'gap' }
  end
  local now = number(time_us())
  local seat = { process = process, member = member, since = now, came = now, card = card }
  local holder = string.match(redis.call('HGET', key('members', group), member) or '', '^%S+')
  local first, replaces = holder and seat_of(group, holder), nil
  if redis.call('HEXISTS', key('seats', group), connection) == 1 then
    return { 'in-use' }
  elseif first and (rule == 'keep' or (rule == 'own' and first.card ~= card)) then
    return { 'in-use' }
  elseif first and rule ~= 'shared' then
    replaces = holder
    take(group, holder)
  elseif first then
    seat.since = first.since
  elseif tonumber(most) > 0 and redis.call('HLEN', key('members', group)) >= tonumber(most) then
    return { 'full' }
  end
  open(group, epoch)
  put(group, connection, seat, generation)
  local answer = { 'ok', came(group, connection, seat, replaces) }
  return wanted == '1' and snapshot(answer, group) or answer
end

-- group, connection -> 1: told
function verbs.leave(group, connection)
  return is_live() and { 'ok', leave(group, connection, 'g') } or { 'gap' }
end

-- group, member, the only connection of it that is meant, if there is one -> seats
function verbs.remove(group, member, only)
  if not is_live() then
    return { 'gap' }
  end
  local n = 0
  for connection in string.gmatch(redis.call('HGET', key('members', group), member) or '', '%S+') do
    if not only or connection == only then
      n = n + leave(group, connection, only and 'g' or 'r')
    end
  end
  return { 'ok', n }
end

-- Of two processes that gave a seat of one member to two while Redis was away, who has it?
local function wins(new, old, rule)
  local newer = tonumber(new.came) > tonumber(old.came)
  if rule == 'keep' or (rule == 'own' and new.card ~= old.card) then
    return not newer
  end
  return newer
end

-- A live seat of before a gap. Returns false when it lost its place.
local function register(group, connection, seat, rule, registration)
  local old = seat_of(group, connection)
  if old then
    if old.process == seat.process then
      redis.call('HSET', key('process', seat.process), connection, registration .. ' ' .. group)
    end
    return true
  end
  local holder = string.match(redis.call('HGET', key('members', group), seat.member) or '', '^%S+')
  local replaces
  if holder and rule ~= 'shared' then
    if not wins(seat, seat_of(group, holder), rule) then
      return false
    end
    replaces = holder
    take(group, holder)
  end
  put(group, connection, seat, registration)
  came(group, connection, seat, replaces)
  return true
end

-- group, new epoch, known epoch, known offset, rule, lease, run, own seats, each connection member since came card, then, when data were
-- lost, those of others, each process connection member since came card -> those who lost their places, snapshot
function verbs.register(group, epoch, known_epoch, known_offset, rule, lease_ms, run, n)
  if not is_live() then
    return { 'gap' }
  end
  local words, at, lost = ARGV, 16, {}
  local place = redis.call('HMGET', key('state', group), 'epoch', 'offset')
  if place[1] and place[1] == known_epoch and tonumber(place[2]) < tonumber(known_offset) then
    redis.call('DEL', key('state', group)) -- older data came back: their offsets were given already
  end
  open(group, epoch)
  for _ = 1, tonumber(n) do
    local seat = { process = process, member = words[at + 1], since = words[at + 2], came = words[at + 3], card = words[at + 4] }
    if not register(group, words[at], seat, rule, generation) then
      lost[#lost + 1] = words[at]
    end
    at = at + 5
  end
  while words[at] do
    local other = words[at]
    local seat = { process = other, member = words[at + 2], since = words[at + 3], came = words[at + 4], card = words[at + 5] }
    -- it speaks for itself when it has done so in this run
    if redis.call('HGET', ns .. ':done', other) ~= run and not seat_of(group, words[at + 1])
        and not (rule ~= 'shared' and redis.call('HEXISTS', key('members', group), seat.member) == 1) then
      redis.call('ZADD', ns .. ':processes', 'NX', number(time_us() / 1000 + lease_ms), other)
      register(group, words[at + 1], seat, 'shared', '-')
    end
    at = at + 6
  end
  -- what left meanwhile
  local seats = redis.call('HGETALL', key('seats', group))
  for i = 1, #seats, 2 do
    if string.match(seats[i + 1], '^%S+') == process
        and string.match(redis.call('HGET', key('process', process), seats[i]) or '', '^%S+') ~= generation then
      leave(group, seats[i], 'g')
    end
  end
  touch(group)
  local answer = { 'ok', #lost }
  for _, connection in ipairs(lost) do
    answer[#answer + 1] = connection
  end
  return snapshot(answer, group)
end

-- run, most -> 1: more to do. What this process had in groups that it is in no more leaves.
function verbs.finish(run, most)
  if not is_live() then
    return { 'gap' }
  end
  local left = 0
  local seats = redis.call('HGETALL', key('process', process))
  for i = 1, #seats, 2 do
    local registration, group = string.match(seats[i + 1], '^(%S+) (.*)$')
    if registration ~= generation then
      if left >= tonumber(most) then
        return { 'ok', 1 }
      end
      if leave(group, seats[i], 'g') == 0 then
        redis.call('HDEL', key('process', process), seats[i])
      end
      left = left + 1
    end
  end
  redis.call('HSET', ns .. ':done', process, run)
  return { 'ok', 0 }
end

-- lease, may it sweep?, most, groups to keep -> ok or late, seats swept, more?, ms until the next lease ends
function verbs.renew(lease_ms, sweep, most)
  if not is_live() then
    return { 'gap' }
  end
  local now, processes = time_us() / 1000, ns .. ':processes'
  local before = tonumber(redis.call('ZSCORE', processes, process) or 0) - lease_ms
  lease(process, now, lease_ms)
  for _, kind in ipairs({ 'processes', 'live', 'done', 'data', 'groups' }) do
    redis.call('PEXPIRE', ns .. ':' .. kind, KEY_MS)
  end
  redis.call('PEXPIRE', key('process', process), KEY_MS)
  for i = 11, #ARGV do
    touch(ARGV[i])
  end
  if now - before > lease_ms / 2 then
    return { 'late' } -- somebody stood still: perhaps Redis, and others could not renew theirs either
  end
  local swept, more = 0, 0
  local dead = sweep == '1' and redis.call('ZRANGEBYSCORE', processes, '-inf', number(now), 'LIMIT', 0, 1)[1]
  if dead then
    redis.call('HDEL', ns .. ':live', dead)
    redis.call('HDEL', ns .. ':done', dead)
    local gone
    swept, gone = take_out(dead, 'l', tonumber(most))
    if gone then
      redis.call('ZREM', processes, dead)
    end
    more = 1
  end
  local first = redis.call('ZRANGE', processes, 0, 0, 'WITHSCORES')
  return { 'ok', swept, more, number(math.max(0, tonumber(first[2]) - now)) }
end

-- most -> 1: more to do. All seats of this process leave, and it with them.
function verbs.close(most)
  if not is_live() then
    return { 'gap' }
  end
  local _, gone = take_out(process, 'g', tonumber(most))
  if gone then
    redis.call('ZREM', ns .. ':processes', process)
    redis.call('HDEL', ns .. ':live', process)
    redis.call('HDEL', ns .. ':done', process)
  end
  return { 'ok', gone and 0 or 1 }
end

-- group -> snapshot
function verbs.look(group)
  return snapshot({ 'ok' }, group)
end

-- most -> group, members, ...
function verbs.list(most)
  local answer = { 'ok' }
  for _, group in ipairs(redis.call('SRANDMEMBER', ns .. ':groups', tonumber(most))) do
    answer[#answer + 1] = group
    answer[#answer + 1] = number(redis.call('HLEN', key('members', group)))
  end
  return answer
end

-- group, epoch, the last offset that is known, the last that is wanted -> offset and message of each between them
function verbs.history(group, epoch, from, to)
  if redis.call('HGET', key('state', group), 'epoch') ~= epoch then
    return { 'none' }
  end
  local kept = redis.call('XRANGE', key('said', group), number(from + 1) .. '-0', to .. '-0')
  if #kept ~= tonumber(to) - tonumber(from) then
    return { 'none' }
  end
  local answer = { 'ok' }
  for _, entry in ipairs(kept) do
    answer[#answer + 1] = string.match(entry[1], '^%d+')
    answer[#answer + 1] = entry[2][2]
  end
  return answer
end

return verbs[verb](unpack(ARGV, 8, 15)) -- longer lists are read from ARGV
