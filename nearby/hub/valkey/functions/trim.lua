--[[ trim: forget the events of a room that are past their time.

  KEYS  1      the list of events, oldest first; each is an array whose first item is when it happened, in ms
  ARGV  1      until_ms: what happened up to then goes
  Returns  when the oldest happened that is left, 0 if none is
  Cost     O(events that go + 1)

  What goes would go whatever else happens in the room, so it waits for no attempt to take effect. ]]

local function trim(keys, args)
  local until_ms, gone = tonumber(args[1]), 0
  while true do
    local row = redis.call('LINDEX', keys[1], gone)
    local at_ms = row and cmsgpack.unpack(row)[1]
    if not row or at_ms > until_ms then
      if gone > 0 then redis.call('LTRIM', keys[1], gone, -1) end
      return row and at_ms or 0
    end
    gone = gone + 1
  end
end

register('trim', trim)
