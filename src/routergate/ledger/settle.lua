-- Settle a batch of postings of one organisation, all or none: let go of what each holds, move every counter,
-- append the rows.
--
-- KEYS  writers, events, holds, leases, ended, index, alerts, then the counters that are charged, then an index
--       and a totals hash for each day and key
-- ARGV  writer, sequence, now (milliseconds), horizon (seconds), a JSON list of postings, a JSON list with, for
--       each totals hash, its key id and field to amount; then the rows
--
-- A posting is {id, how, rows, day, charges}; a charge is {counter, kind, amount, milliseconds per bucket, when the
-- counter is forgotten, amounts at which somebody is told}, its counter by number. How:
--   e  the end of a request: what it holds is let go
--   v  a request whose process is gone: as e, but only if its lease has ended
--   c  the end of a request that was swept before
--   x  one that ended before; it charges nothing
--   r  one that ended before, at another price: counters that are forgotten stay so
--
-- Returns {'applied'}; {'known'} when the writer's sequence was applied before; {'again', number, state, number,
-- state ...} when postings are not what they were taken for, and nothing was done; or {'halfway', why}.

local writers, events, holds, leases, ended = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local index, alerts = KEYS[6], KEYS[7]
local writer, sequence, now, horizon = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local postings, totals = cjson.decode(ARGV[5]), cjson.decode(ARGV[6])
local ROWS, COUNTERS = 6, 7
local DONE_FOR, SWEPT_FOR = 15 * 60 * 1000, 30 * 86400 * 1000

local function read(entry)
  local applied, seen = string.match(entry, '^(%d+) (%d+)$')
  return tonumber(applied), tonumber(seen)
end

local function forget_old_writers()
  local all = redis.call('HGETALL', writers)
  for i = 1, #all, 2 do
    local _, seen = read(all[i + 1])
    if seen < now / 1000 - horizon then redis.call('HDEL', writers, all[i]) end
  end
end

local function forget_ended()
  local old = redis.call('ZRANGEBYSCORE', ended, '-inf', now, 'LIMIT', 0, 200)
  if #old > 0 then
    redis.call('HDEL', holds, unpack(old))
    redis.call('ZREM', ended, unpack(old))
  end
end

local function fits(posting, state)
  local how = posting[2]
  if how == 'x' then return true end
  if how == 'c' then return state == 'S' end
  if how == 'r' then return state == '' or state == 'D' end
  if how == 'e' then return state == '' or state == 'H' end
  local lease = redis.call('ZSCORE', leases, posting[1])
  return state == 'H' and lease and tonumber(lease) <= now
end

-- Who adds the rows up again must know of which days.
local function note(one, day)
  if one.first and one.first <= day and day <= one.last then return end
  one.first = (one.first and one.first < day) and one.first or day
  one.last = (one.last and one.last > day) and one.last or day
  one.noted = true
end

local function charge(charges, buckets, day, how)
  for _, charged in ipairs(charges) do
    local number, kind, amount, width, forget, soft = unpack(charged)
    local one = counter(KEYS[COUNTERS + number], kind, width, now)
    if kind == 's' then
      add(one, buckets[one.key] or one.current, amount)
    elseif how ~= 'r' or one.there or one.noted then
      move(one, 'spent', amount)
      one.spent = one.spent + amount
      one.forget = forget
      note(one, day)
      for _, at in ipairs(soft) do
        if one.spent >= at and one.spent - amount < at then tell(alerts, 'passed', one.key, at, one.spent) end
      end
    end
  end
end

-- What was sent before its process died has used its sliding windows, as far as anybody knows.
local function let_go(lines, how)
  local gone, buckets = {}, {}
  for _, line in ipairs(lines) do
    buckets[line[1]] = line[5]
    if how ~= 'v' or line[2] ~= 's' then gone[#gone + 1] = line end
  end
  hold(gone, -1, now)
  return buckets
end

-- What is written once for all postings.
local released, states_after, ends = {}, {}, {}

local function finish(posting, before, rows)
  local id, how, _, day, charges = unpack(posting)
  local buckets = {}
  if string.sub(before, 1, 1) == 'H' then
    buckets = let_go(cmsgpack.unpack(string.sub(before, 2))[2], how)
    released[#released + 1] = id
  end
  charge(charges, buckets, day, how)
  for _, row in ipairs(rows) do redis.call('XADD', events, '*', 'event', row) end
  if how == 'r' then return end
  local swept = how == 'v'
  states_after[#states_after + 1] = id
  states_after[#states_after + 1] = swept and 'S' .. rows[1] or 'D'
  ends[#ends + 1] = now + (swept and SWEPT_FOR or DONE_FOR)
  ends[#ends + 1] = id
end

-- A call takes no more than some thousand words. Pairs stay together: a portion is of even length.
local function in_portions(command, key, words)
  for first = 1, #words, 2000 do
    redis.call(command, key, unpack(words, first, math.min(first + 1999, #words)))
  end
end

local function apply(states)
  local row = ROWS
  for i, posting in ipairs(postings) do
    local rows = {}
    for n = 1, posting[3] do rows[n] = ARGV[row + n] end
    row = row + posting[3]
    finish(posting, states[i], rows)
  end
  write(index)
  in_portions('ZREM', leases, released)
  in_portions('HSET', holds, states_after)
  in_portions('ZADD', ended, ends)
  local first = #KEYS - 2 * #totals
  for i, total in ipairs(totals) do
    redis.call('SADD', KEYS[first + 2 * i - 1], total[1])
    for field, amount in pairs(total[2]) do
      redis.call('HINCRBY', KEYS[first + 2 * i], field, amount)
    end
  end
  forget_ended()
end

local last = redis.call('HGET', writers, writer)
if last then
  if read(last) >= sequence then return {'known'} end
else
  forget_old_writers()
end

local ids = {}
for i, posting in ipairs(postings) do ids[i] = posting[1] end
local found = #ids > 0 and redis.call('HMGET', holds, unpack(ids)) or {}

local states, again, seen = {}, {'again'}, {}
for i, posting in ipairs(postings) do
  states[i] = seen[posting[1]] and 'D' or found[i] or ''
  seen[posting[1]] = true
  local state = string.sub(states[i], 1, 1)
  if not fits(posting, state) then
    again[#again + 1] = i
    again[#again + 1] = state == 'H' and state or states[i]
  end
end
if #again > 1 then return again end

-- First, so that a batch that fails half-way is not tried again: rather a gap that is logged than a double.
redis.call('HSET', writers, writer, string.format('%d %d', sequence, math.floor(now / 1000)))
local ok, failure = pcall(apply, states)
if ok then return {'applied'} end
return {'halfway', tostring(type(failure) == 'table' and failure.err or failure)}
