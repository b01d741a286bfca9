-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A message said: once into the history, once to everybody, with the next offset. ARGV: keys' prefix, channel, group, process, its
-- registration, what stands behind offset and epoch. Answers the offset; -1: this registration is not known (any more).
-- KEEP, HISTORY_MS and KEY_MS are given by the program.
local ns, channel, group, process, generation, tail = unpack(ARGV)
local state = ns .. ':state:' .. group
local epoch = redis.call('HGET', state, 'epoch')
if not epoch or redis.call('HGET', ns .. ':live', process) ~= generation then
  return -1
end
local offset = string.format('%.0f', redis.call('HINCRBY', state, 'offset', 1))
local said = ns .. ':said:' .. group
tail = epoch .. ' ' .. tail
redis.call('XADD', said, 'MAXLEN', '~', KEEP, offset .. '-0', 'm', tail)
redis.call('PEXPIRE', said, HISTORY_MS)
redis.call('PUBLISH', channel, '{"roster":"1 ' .. offset .. ' ' .. tail)
return tonumber(offset)
