-- Claim the right to answer a request, or hear what became of it.
--
-- KEYS  the record of the request (hash)
-- ARGV  digest of the request, the claim's holder, milliseconds that the claim holds
--
-- Returns ours; other (the record is of another request); running (somebody else's claim);
-- or answered, with what was kept of the answer, which is empty if it was not kept.

local found = redis.call('HMGET', KEYS[1], 'request', 'holder', 'reply')
if not found[1] then
  redis.call('HSET', KEYS[1], 'request', ARGV[1], 'holder', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {'ours'}
end
if found[1] ~= ARGV[1] then return {'other'} end
if found[2] then return {'running'} end
return {'answered', found[3]}
