-- Hold what a request may cost, of all counters or of none; a second time, in place of the first.
--
-- KEYS  holds, leases, index, alerts, then one counter for each line
-- ARGV  id, now and end of the lease (milliseconds), the row under which it is swept, then a JSON list with,
--       for each line, kind, amount, limit or -1, milliseconds per bucket, and when the counter is forgotten
--       (seconds, 0: never)
--
-- Returns {'granted', spent, held, spent, held ...}, {'denied', line, spent, held, wait}, or {'ended'}.

local holds, leases, index, alerts = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, now, lease, row = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local asked = cjson.decode(ARGV[5])

local before = redis.call('HGET', holds, id)
if before and string.sub(before, 1, 1) ~= 'H' then return {'ended'} end
local old = before and cmsgpack.unpack(string.sub(before, 2))[2] or {}

local function standing(key, kind)
  if kind == 's' then return tonumber(redis.call('HGET', key, 'sum') or 0), 0 end
  local both = redis.call('HMGET', key, 'spent', 'held')
  return tonumber(both[1] or 0), tonumber(both[2] or 0)
end

local lines = {}
for i, line in ipairs(asked) do
  local key, kind, width = KEYS[4 + i], line[1], line[4]
  local bucket = kind == 's' and roll(key, width, now) or 0
  lines[i] = {key, kind, line[2], width, bucket}
end

hold(old, -1, now)
for i, line in ipairs(lines) do
  local key, kind, amount, width = unpack(line)
  local limit = asked[i][3]
  local spent, held = standing(key, kind)
  if limit >= 0 and spent + held + amount > limit then
    local pause = kind == 's' and wait(key, width, now, spent + amount - limit) or 0
    if kind == 'w' and spent + amount > limit and redis.call('HSETNX', key, 'denied', 1) == 1 then
      tell(alerts, 'reached', key, limit, spent)
      keep(index, key, kind, asked[i][5])
    end
    hold(old, 1, now)
    return {'denied', i, spent, held, pause}
  end
end

hold(lines, 1, now)
local standings = {'granted'}
for i, line in ipairs(lines) do
  keep(index, line[1], line[2], asked[i][5])
  local spent, held = standing(line[1], line[2])
  standings[#standings + 1] = spent
  standings[#standings + 1] = held
end
redis.call('HSET', holds, id, 'H' .. cmsgpack.pack({row, lines}))
redis.call('ZADD', leases, lease, id)
return standings
