--[[ sample: draw rooms of a catchment that have a free seat, thin ones first.

  KEYS  1      the hash of the catchment's cards; its rows are sorted sets beside it
  ARGV  1      fill: only rooms with fewer seats taken
        2      capacity of a room
        3..n   words: 32 keyed bits for each room to draw at most
  Returns  cards, in the order drawn
  Cost     O(words * log rooms) ]]

-- As nearby.core.shelves: Fisher and Yates's shuffle over the rows, stopped early.
local function draw(key, rows, words, at, drawn)
  local sizes, left = {}, 0
  for number, row in ipairs(rows) do
    sizes[number] = redis.call('ZCARD', key .. ':' .. row)
    left = left + sizes[number]
  end
  local swapped, place = {}, 0
  while at <= #words and left > 0 do
    local other = place + words[at] % left
    local index = swapped[other] or other
    swapped[other] = swapped[place] or place
    left = left - 1
    local row = 1
    while index >= sizes[row] do
      index = index - sizes[row]
      row = row + 1
    end
    drawn[#drawn + 1] = redis.call('ZRANGE', key .. ':' .. rows[row], index, index)[1]
    at, place = at + 1, place + 1
  end
  return at
end

local function sample(keys, args)
  local key, fill, capacity = keys[1], tonumber(args[1]), tonumber(args[2])
  local words, drawn, at = {}, {}, 1
  for number = 3, #args do words[number - 2] = tonumber(args[number]) end
  for _, first in ipairs({capacity, 0}) do
    local rows = {}
    for row = first + 1, first + fill - 1 do rows[#rows + 1] = string.char(65 + row) end
    at = draw(key, rows, words, at, drawn)
  end
  local cards = {}
  for number, room in ipairs(drawn) do cards[number] = string.sub(redis.call('HGET', key, room), 2) end
  return cards
end

register('sample', sample, true)

--[[ fullest: list rooms of a catchment with at most so many seats taken, fullest first, among these thin ones last.

  KEYS  1      as for sample
  ARGV  1      seats taken at most
        2      capacity of a room
        3      rooms of a row at most, oldest first
  Returns  {{room, ...}, ...}: rooms that are alike together
  Cost     O(rows + rooms returned) ]]

local function fullest(keys, args)
  local found, capacity = {}, tonumber(args[2])
  for taken = tonumber(args[1]), 1, -1 do
    for _, first in ipairs({0, capacity}) do
      local rooms = redis.call('ZRANGE', keys[1] .. ':' .. string.char(65 + first + taken), 0, tonumber(args[3]) - 1)
      if #rooms > 0 then found[#found + 1] = rooms end
    end
  end
  return found
end

register('fullest', fullest, true)
