--[[ commit: make an attempt true, if what it was decided by still is.

  KEYS  1..n   every key that is checked, set or written to
  ARGV  1      version: 8 bytes, put before every value that is set
        2      ttl_ms: a backstop for what nobody deletes that is written by commands
        3      how many checks follow, each of two: key index, version or ""
        ..     how many sets follow, each of three: key index, value, ttl_ms; an empty value deletes
        ..     commands to the end: what, key index, how many arguments, the arguments
  Returns  {1, {stream id, ...}}, an id per "out" command, in order; or, if a check failed and nothing was done,
           {0, {key index, value now, ...}} of each key that failed, "" for one that is not there
  Cost     O(keys + commands); 40 us of a check-in, 90 us of a say on two gateways

  Beside its keys it touches the rows of a catchment's shelves, named by the key of the shelves: the tag is the same.

  Commands: add hash field by | lower zset member score | take zset member score | push list ttl_ms most value
            keep list count | include set member | exclude set member | shelve hash room row score card
            unshelve hash room | out stream ttl_ms most value | touch key ttl_ms                                          ]]

local run = {}
local backstop_ms

function run.add(key, field, by)
  if redis.call('HINCRBY', key, field, by) == 0 then redis.call('HDEL', key, field) end
  redis.call('PEXPIRE', key, backstop_ms)
end

-- A look that was asked for twice keeps the earlier time.
function run.lower(key, member, score)
  redis.call('ZADD', key, 'LT', score, member)
  redis.call('PEXPIRE', key, backstop_ms)
end

-- Somebody else may have asked for another look meanwhile.
function run.take(key, member, score)
  if redis.call('ZSCORE', key, member) == score then redis.call('ZREM', key, member) end
end

function run.push(key, ttl_ms, most, value)
  redis.call('RPUSH', key, value)
  redis.call('LTRIM', key, -most, -1)
  redis.call('PEXPIRE', key, ttl_ms)
end

-- As often as it is done, the same is left: two gateways may look at a room at once.
function run.keep(key, count)
  if count == '0' then redis.call('DEL', key) else redis.call('LTRIM', key, -count, -1) end
end

function run.include(key, member)
  redis.call('SADD', key, member)
  redis.call('PEXPIRE', key, backstop_ms)
end

function run.exclude(key, member) redis.call('SREM', key, member) end

-- A room's card stands in a hash, behind one character that names its row; each row is a sorted set, oldest room first.
function run.unshelve(key, room)
  local card = redis.call('HGET', key, room)
  if card then
    redis.call('ZREM', key .. ':' .. string.sub(card, 1, 1), room)
    redis.call('HDEL', key, room)
  end
end

function run.shelve(key, room, row, score, card)
  local before = redis.call('HGET', key, room)
  if before and string.sub(before, 1, 1) ~= row then redis.call('ZREM', key .. ':' .. string.sub(before, 1, 1), room) end
  redis.call('ZADD', key .. ':' .. row, score, room)
  redis.call('HSET', key, room, row .. card)
  redis.call('PEXPIRE', key, backstop_ms)
  redis.call('PEXPIRE', key .. ':' .. row, backstop_ms)
end

function run.touch(key, ttl_ms) redis.call('PEXPIRE', key, ttl_ms) end

local function commit(keys, args)
  local version, stale, ids, at = args[1], {}, {}, 4
  backstop_ms = args[2]
  for _ = 1, args[3] do
    local key = keys[tonumber(args[at])]
    if redis.call('GETRANGE', key, 0, 7) ~= args[at + 1] then
      stale[#stale + 1] = args[at]
      stale[#stale + 1] = redis.call('GET', key) or ''
    end
    at = at + 2
  end
  if #stale > 0 then return {0, stale} end
  local sets = args[at]
  at = at + 1
  for _ = 1, sets do
    local key = keys[tonumber(args[at])]
    if args[at + 1] == '' then redis.call('DEL', key)
    else redis.call('SET', key, version .. args[at + 1], 'PX', args[at + 2]) end
    at = at + 3
  end
  while args[at] do
    local what, key, last = args[at], keys[tonumber(args[at + 1])], at + 2 + args[at + 2]
    if what == 'out' then
      ids[#ids + 1] = redis.call('XADD', key, 'MAXLEN', '~', args[at + 4], '*', 'c', args[at + 5])
      redis.call('PEXPIRE', key, args[at + 3])
    else
      run[what](key, unpack(args, at + 3, last))
    end
    at = last + 1
  end
  return {1, ids}
end

register('commit', commit)
