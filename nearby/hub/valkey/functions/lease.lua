--[[ lease: go on as a gateway, and learn which others ended without a word.

  KEYS  1      sorted set of all gateways by the time their lease ends, by this server's clock
  ARGV  1      the gateway
        2      span_ms of a lease; 0 ends it
        3      ttl_ms of the set
  Returns  the gateways whose lease ended; each is returned until somebody ends its lease
  Cost     O(gateways) ]]

local function lease(keys, args)
  local time = redis.call('TIME')
  local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
  if args[2] == '0' then redis.call('ZREM', keys[1], args[1])
  else redis.call('ZADD', keys[1], now_ms + args[2], args[1]) end
  redis.call('PEXPIRE', keys[1], args[3])
  return redis.call('ZRANGEBYSCORE', keys[1], '-inf', now_ms)
end

register('lease', lease)
