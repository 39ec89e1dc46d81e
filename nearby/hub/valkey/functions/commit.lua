--[[ commit: make attempts true, each of them if what it was decided by still is.

  KEYS  1..n   every key that is checked, set, written to or read
  ARGV  1      ttl_ms: a backstop for what nobody deletes that is written by commands
        2      key index of the caller's stream, 0 for none
        3      the id up to which the caller has read it
        ..     the attempts to the end, in order; of each
               how many arguments of it follow
               version: 8 bytes, put before every value that it sets
               how many checks follow, each of two: key index, version or ""
               how many sets follow, each of three: key index, value, ttl_ms; an empty value deletes
               commands: what, key index, how many arguments, the arguments
  Returns  {of each attempt 1, or if a check failed and it did nothing {key index, value now, ...} of each key that
           failed, "" for one that is not there; {key index, id, ...} of the entry added to each stream that is told
           something; the entries of the caller's stream that it has not read, at most 256}
  Cost     O(keys + commands); 40 us of a check-in, 90 us of a say on two gateways

  An attempt may be decided by what one before it in the same call sets. What attempts tell one stream is one entry
  with a field for each. Beside its keys it touches the rows of a catchment's shelves, named by the key of the
  shelves: the tag is the same.

  Commands: add hash field by | lower zset member score | take zset member score | push list ttl_ms most value
            include set member | exclude set member | shelve hash room row score card
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

-- What a key's version is; each is looked up once a call.
local function version_of(known, keys, number)
  local version = known[number]
  if not version then
    version = redis.call('GETRANGE', keys[tonumber(number)], 0, 7)
    known[number] = version
  end
  return version
end

local function tell(told, number, ttl_ms, most, value)
  local fields = told[number]
  if not fields then
    fields = {ttl_ms, most}
    told[number] = fields
    told[#told + 1] = number
  end
  fields[#fields + 1] = 'c'
  fields[#fields + 1] = value
end

-- One attempt, whose arguments stand at ``at`` to ``last``.
local function attempt(keys, args, at, last, known, told)
  local version, stale, checks = args[at], {}, args[at + 1]
  at = at + 2
  for _ = 1, checks do
    local number = args[at]
    if version_of(known, keys, number) ~= args[at + 1] then
      stale[#stale + 1] = number
      stale[#stale + 1] = redis.call('GET', keys[tonumber(number)]) or ''
    end
    at = at + 2
  end
  if #stale > 0 then return stale end
  local sets = args[at]
  at = at + 1
  for _ = 1, sets do
    local number, value = args[at], args[at + 1]
    if value == '' then
      redis.call('DEL', keys[tonumber(number)])
      known[number] = ''
    else
      redis.call('SET', keys[tonumber(number)], version .. value, 'PX', args[at + 2])
      known[number] = version
    end
    at = at + 3
  end
  while at <= last do
    local what, number, count = args[at], args[at + 1], args[at + 2]
    if what == 'out' then tell(told, number, args[at + 3], args[at + 4], args[at + 5])
    else run[what](keys[tonumber(number)], unpack(args, at + 3, at + 2 + count)) end
    at = at + 3 + count
  end
  return 1
end

local function commit(keys, args)
  local known, told, answers, at = {}, {}, {}, 4
  backstop_ms = args[1]
  while args[at] do
    local last = at + args[at]
    answers[#answers + 1] = attempt(keys, args, at + 1, last, known, told)
    at = last + 1
  end
  local added = {}
  for place, number in ipairs(told) do
    local stream, fields = keys[tonumber(number)], told[number]
    added[2 * place - 1] = number
    added[2 * place] = redis.call('XADD', stream, 'MAXLEN', '~', fields[2], '*', unpack(fields, 3))
    redis.call('PEXPIRE', stream, fields[1])
  end
  local own = tonumber(args[2])
  return {answers, added, own > 0 and redis.call('XRANGE', keys[own], '(' .. args[3], '+', 'COUNT', 256) or {}}
end

register('commit', commit)
