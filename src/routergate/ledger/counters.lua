-- What the scripts that hold and settle share: counters, and what a request holds of them.
--
-- A counter is a hash. Of a calendar window: `spent` and `held`, and the `first` and the `last` day (UTC) whose
-- rows have charged it. Of what runs: `held`. Of a sliding window: one
-- field for each bucket of time, their `sum`, and the number of the `oldest`.
-- A hold is a field of the hash `holds`: H and what it holds; S and the row under which it was swept; D, done.
--
-- A call reads each counter once, moves it here, and writes it once.

local BUCKETS = 61  -- the one that is being filled, and sixty that make a whole window

local counters = {}  -- by key, as far as this call has moved them

-- A sliding window, without the buckets that are out of it.
local function window(key, width, now)
  local current = math.floor(now / width)
  local before, sum = unpack(redis.call('HMGET', key, 'oldest', 'sum'))
  local one = {current = current, oldest = tonumber(before or current), spent = tonumber(sum or 0), held = 0}
  if current - one.oldest > 2 * BUCKETS then
    redis.call('DEL', key)
    one.oldest, one.spent = current, 0
  end
  while one.oldest <= current - BUCKETS do
    local gone = redis.call('HGET', key, one.oldest)
    if gone then
      redis.call('HDEL', key, one.oldest)
      one.spent = redis.call('HINCRBY', key, 'sum', -tonumber(gone))
    end
    one.oldest = one.oldest + 1
  end
  if one.oldest ~= tonumber(before) then
    redis.call('HSET', key, 'oldest', one.oldest)
    redis.call('PEXPIRE', key, 3 * BUCKETS * width)
  end
  return one
end

local function total(key)
  local spent, held, first, last, denied =
    unpack(redis.call('HMGET', key, 'spent', 'held', 'first', 'last', 'denied'))
  return {
    spent = tonumber(spent or 0), held = tonumber(held or 0), first = first, last = last, denied = denied,
    there = spent or held or first or denied,
  }
end

-- A counter as it stands, with what this call has moved.
local function counter(key, kind, width, now)
  local one = counters[key]
  if not one then
    one = kind == 's' and window(key, width, now) or total(key)
    one.key, one.kind, one.width, one.moved = key, kind, width, {}
    counters[key] = one
  end
  return one
end

local function move(one, field, amount)
  one.moved[field] = (one.moved[field] or 0) + amount
end

-- Add to a bucket, unless it is out of the window.
local function add(one, bucket, amount)
  if amount == 0 or bucket <= one.current - BUCKETS then return end
  -- Clocks differ, and calls overtake each other: a bucket may come after a later one.
  if bucket < one.oldest then
    one.oldest = bucket
    redis.call('HSET', one.key, 'oldest', bucket)
  end
  move(one, bucket, amount)
  move(one, 'sum', amount)
  one.spent = one.spent + amount
end

-- Milliseconds until `needed` has fallen out of a sliding window.
local function wait(one, now, needed)
  for bucket = one.oldest, one.current do
    needed = needed - tonumber(redis.call('HGET', one.key, bucket) or 0) - (one.moved[bucket] or 0)
    if needed <= 0 then return (bucket + BUCKETS) * one.width - now end
  end
  return BUCKETS * one.width
end

-- Hold or let go of lines of {key, kind, amount, width, bucket}; `sign` is 1 or -1.
local function hold(lines, sign, now)
  for _, line in ipairs(lines) do
    local key, kind, amount, width, bucket = unpack(line)
    local one = counter(key, kind, width, now)
    if kind == 's' then
      add(one, bucket, sign * amount)
    else
      move(one, 'held', sign * amount)
      one.held = one.held + sign * amount
    end
  end
end

-- Let a counter be forgotten in time (seconds, 0: never), and of one of a calendar window keep that it is there.
local function keep(index, one, forget)
  if forget > 0 then redis.call('EXPIREAT', one.key, forget) end
  if one.kind == 'w' and not one.there then redis.call('SADD', index, one.key) end
end

-- Write what was moved.
local function write(index)
  for key, one in pairs(counters) do
    for field, amount in pairs(one.moved) do
      if amount ~= 0 or field == 'spent' then redis.call('HINCRBY', key, field, amount) end
    end
    if one.noted then redis.call('HSET', key, 'first', one.first, 'last', one.last) end
    if one.forget then keep(index, one, one.forget) end
  end
end

local function tell(alerts, what, key, at, standing)
  redis.call('XADD', alerts, 'MAXLEN', '~', 1000, '*', 'what', what, 'counter', key, 'at', at, 'spent', standing)
end
