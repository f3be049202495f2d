-- Keep an answer, and drop those nearest their end until all of the organisation's fit.
--
-- KEYS  the record, when each record ends (sorted set), how many bytes each has (hash, with their total)
-- ARGV  the record's name, the answer, milliseconds that it is kept, bytes that all may have together,
--       what stands before a name in a record's key
--
-- Returns 1, or 0 if there is no room.

local name, answer, ttl, room, before = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function drop(one)
  local bytes = tonumber(redis.call('HGET', KEYS[3], one) or '0')
  redis.call('DEL', before .. one)
  redis.call('ZREM', KEYS[2], one)
  redis.call('HDEL', KEYS[3], one)
  return redis.call('HINCRBY', KEYS[3], 'total', 0 - bytes)
end

if #answer > room then return 0 end
drop(name)
for _, one in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do drop(one) end
local total = redis.call('HINCRBY', KEYS[3], 'total', #answer)
while total > room do
  total = drop(redis.call('ZRANGE', KEYS[2], 0, 0)[1])
end
redis.call('SET', KEYS[1], answer, 'PX', ttl)
redis.call('ZADD', KEYS[2], now + ttl, name)
redis.call('HSET', KEYS[3], name, #answer)
for index = 2, 3 do
  redis.call('PEXPIRE', KEYS[index], math.max(ttl, redis.call('PTTL', KEYS[index])))
end
return 1
