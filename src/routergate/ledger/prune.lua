-- Let an index forget the counters that the store has forgotten.
--
-- KEYS  the index, then some of its members
--
-- Returns those of them that are still there.

local there = {}
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    there[#there + 1] = KEYS[i]
  else
    redis.call('SREM', KEYS[1], KEYS[i])
  end
end
return there
