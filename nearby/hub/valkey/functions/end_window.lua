--[[ end_window: freeze the counts of the window that is over, and begin the next with who is present.

  KEYS  1      the value that holds the window's number
        2      hash of people counted by cell in the window
        3      hash of people present by cell
        4      hash that is to hold the counts that are frozen
        5..n   keys that all share, which this keeps from running out
  ARGV  1      the version that the window's value must have, "" for none
        2      its value from now on, with its version
        3      ttl_ms of it, and of what all share
        4      ttl_ms of the frozen counts
  Returns  1, or 0 if another gateway ended the window
  Cost     O(cells) ]]

local function end_window(keys, args)
  if redis.call('GETRANGE', keys[1], 0, 7) ~= args[1] then return 0 end
  redis.call('SET', keys[1], args[2], 'PX', args[3])
  redis.call('DEL', keys[4])
  if redis.call('EXISTS', keys[2]) == 1 then
    redis.call('RENAME', keys[2], keys[4])
    redis.call('PEXPIRE', keys[4], args[4])
  end
  redis.call('COPY', keys[3], keys[2], 'REPLACE')
  redis.call('PEXPIRE', keys[2], args[3])
  for number = 5, #keys do redis.call('PEXPIRE', keys[number], args[3]) end
  return 1
end

register('end_window', end_window)
