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

local lines = {}
for i, line in ipairs(asked) do
  local kind, amount, _, width, forget = unpack(line)
  local one = counter(KEYS[4 + i], kind, width, now)
  one.forget = forget
  lines[i] = {one.key, kind, amount, width, one.current or 0}
end

hold(old, -1, now)
for i, line in ipairs(lines) do
  local one, amount, limit = counters[line[1]], line[3], asked[i][3]
  if limit >= 0 and one.spent + one.held + amount > limit then
    local over = one.spent + amount - limit
    if one.kind == 'w' and over > 0 and not one.denied then
      redis.call('HSET', one.key, 'denied', 1)
      tell(alerts, 'reached', one.key, limit, one.spent)
      keep(index, one, one.forget)
    end
    -- Nothing is written: what was held before is still held.
    return {'denied', i, one.spent, one.held, one.kind == 's' and wait(one, now, over) or 0}
  end
end

hold(lines, 1, now)
write(index)
local standings = {'granted'}
for _, line in ipairs(lines) do
  local one = counters[line[1]]
  standings[#standings + 1] = one.spent
  standings[#standings + 1] = one.held
end
redis.call('HSET', holds, id, 'H' .. cmsgpack.pack({row, lines}))
redis.call('ZADD', leases, lease, id)
return standings
