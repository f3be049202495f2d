-- Change a key, and put down who did what, in one step.
--
-- KEYS  keys (hash), audit (stream)
-- ARGV  the first record as it was found, empty if there was none; then for each record its id, the record
--       and its entry in the audit log. Every record but the first is new.
--
-- Returns 1; or 0, with nothing done, if a record is not as it was found.

local keys, audit = KEYS[1], KEYS[2]

local expected = ARGV[1]
for i = 2, #ARGV, 3 do
  if (redis.call('HGET', keys, ARGV[i]) or '') ~= expected then return 0 end
  expected = ''
end

for i = 2, #ARGV, 3 do
  redis.call('XADD', audit, '*', 'entry', ARGV[i + 2])
  redis.call('HSET', keys, ARGV[i], ARGV[i + 1])
end
return 1
