-- What the scripts that hold and settle share: counters, and what a request holds of them.
--
-- A counter is a hash. Of a calendar window: `spent` and `held`, and the `first` and the `last` day (UTC) whose
-- rows have charged it. Of what runs: `held`. Of a sliding window: one
-- field for each bucket of time, their `sum`, and the number of the `oldest`.
-- A hold is a field of the hash `holds`: H and what it holds; S and the row under which it was swept; D, done.

local BUCKETS = 61  -- the one that is being filled, and sixty that make a whole window

-- Let the buckets that are out of the window fall away; returns the number of the bucket of `now`.
local function roll(key, width, now)
  local current = math.floor(now / width)
  local oldest = tonumber(redis.call('HGET', key, 'oldest') or current)
  if current - oldest > 2 * BUCKETS then
    redis.call('DEL', key)
    oldest = current
  end
  while oldest <= current - BUCKETS do
    local gone = redis.call('HGET', key, oldest)
    if gone then
      redis.call('HDEL', key, oldest)
      redis.call('HINCRBY', key, 'sum', -tonumber(gone))
    end
    oldest = oldest + 1
  end
  redis.call('HSET', key, 'oldest', oldest)
  redis.call('PEXPIRE', key, 2 * BUCKETS * width)
  return current
end

-- Add to a bucket, unless it is out of the window.
local function add(key, width, now, bucket, amount)
  local current = roll(key, width, now)
  if amount == 0 or bucket <= current - BUCKETS then return end
  -- Clocks differ, and calls overtake each other: a bucket may come after a later one.
  if bucket < tonumber(redis.call('HGET', key, 'oldest')) then redis.call('HSET', key, 'oldest', bucket) end
  redis.call('HINCRBY', key, bucket, amount)
  redis.call('HINCRBY', key, 'sum', amount)
end

-- Milliseconds until `needed` has fallen out of a sliding window.
local function wait(key, width, now, needed)
  local current = math.floor(now / width)
  for bucket = tonumber(redis.call('HGET', key, 'oldest') or current), current do
    needed = needed - tonumber(redis.call('HGET', key, bucket) or 0)
    if needed <= 0 then return (bucket + BUCKETS) * width - now end
  end
  return BUCKETS * width
end

-- Hold or let go of lines of {key, kind, amount, width, bucket}; `sign` is 1 or -1.
local function hold(lines, sign, now)
  for _, line in ipairs(lines) do
    local key, kind, amount, width, bucket = unpack(line)
    if kind == 's' then
      add(key, width, now, bucket, sign * amount)
    elseif amount ~= 0 then
      redis.call('HINCRBY', key, 'held', sign * amount)
    end
  end
end

-- Let a counter be forgotten in time (seconds, 0: never), and of one of a calendar window keep that it is there.
local function keep(index, key, kind, forget)
  if forget > 0 then redis.call('EXPIREAT', key, forget) end
  if kind == 'w' then redis.call('SADD', index, key) end
end

local function tell(alerts, what, key, at, standing)
  redis.call('XADD', alerts, 'MAXLEN', '~', 1000, '*', 'what', what, 'counter', key, 'at', at, 'spent', standing)
end
