-- Settle a batch of usage events of one organisation: append them and count them, once.
--
-- KEYS  writers, events, then an index and a totals hash for each day and key
-- ARGV  writer, sequence, now and horizon (seconds), a JSON list with, for each totals hash, its key id
--       and field to amount; then the events themselves
--
-- Returns 'applied'; 'known' when the writer's sequence was applied before; or 'halfway: why'.

local writers, events = KEYS[1], KEYS[2]
local writer, sequence, now, horizon = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local totals = cjson.decode(ARGV[5])

local function read(entry)
  local applied, seen = string.match(entry, '^(%d+) (%d+)$')
  return tonumber(applied), tonumber(seen)
end

local function forget_old_writers()
  local all = redis.call('HGETALL', writers)
  for i = 1, #all, 2 do
    local _, seen = read(all[i + 1])
    if seen < now - horizon then redis.call('HDEL', writers, all[i]) end
  end
end

local function apply()
  for i = 6, #ARGV do
    redis.call('XADD', events, '*', 'event', ARGV[i])
  end
  for i, total in ipairs(totals) do
    redis.call('SADD', KEYS[1 + 2 * i], total[1])
    for field, amount in pairs(total[2]) do
      redis.call('HINCRBY', KEYS[2 + 2 * i], field, amount)
    end
  end
end

local last = redis.call('HGET', writers, writer)
if last then
  if read(last) >= sequence then return 'known' end
else
  forget_old_writers()
end

-- First, so that a batch that fails half-way is not tried again: rather a gap that is logged than a double.
redis.call('HSET', writers, writer, string.format('%d %d', sequence, now))
local ok, failure = pcall(apply)
if ok then return 'applied' end
return 'halfway: ' .. tostring(type(failure) == 'table' and failure.err or failure)
