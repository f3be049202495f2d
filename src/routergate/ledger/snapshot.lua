-- A totals hash, and the last event that is counted in it: events and totals move in one step.
--
-- KEYS  events, totals
--
-- Returns the id of the last event that was ever appended, and the hash as a flat list.

local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local about = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #about, 2 do
    if about[i] == 'last-generated-id' then last = about[i + 1] end
  end
end
return {last, redis.call('HGETALL', KEYS[2])}
