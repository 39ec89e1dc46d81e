--[[ lease: begin, go on or end as a gateway, and learn which others ended without a word.

  KEYS  1      sorted set of all gateways by the time their lease ends, by this server's clock
        2      the gateway's pass: a value that is there while it may have connections
        3, 4   sets of its people and of its client networks
  ARGV  1      the gateway
        2      span_ms of a lease; 0 ends it
        3      ttl_ms of the set and the pass
        4      the pass of a gateway that begins, with its version; "" of one that goes on
        5      how many gateways to return at most
  Returns  {1 if it is a gateway now, {gateway, ...}}: those whose lease ended; each is returned until somebody
           ends its lease. Who let it end is none any more, and others may be burying it already.
  Cost     O(log gateways) ]]

local function lease(keys, args)
  local time = redis.call('TIME')
  local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
  local is_known = 1
  if args[2] == '0' then
    redis.call('ZREM', keys[1], args[1])
    redis.call('DEL', keys[2])
    is_known = 0
  elseif args[4] ~= '' then
    redis.call('SET', keys[2], args[4], 'PX', args[3])
    redis.call('ZADD', keys[1], now_ms + args[2], args[1])
  else
    local ends_ms = redis.call('ZSCORE', keys[1], args[1])
    if ends_ms and tonumber(ends_ms) > now_ms and redis.call('PEXPIRE', keys[2], args[3]) == 1 then
      redis.call('ZADD', keys[1], now_ms + args[2], args[1])
      redis.call('PEXPIRE', keys[3], args[3])
      redis.call('PEXPIRE', keys[4], args[3])
    else
      is_known = 0
    end
  end
  redis.call('PEXPIRE', keys[1], args[3])
  return {is_known, redis.call('ZRANGEBYSCORE', keys[1], '-inf', now_ms, 'LIMIT', 0, args[5])}
end

register('lease', lease)
