-- Hold a claim for some time more, give it up (0 milliseconds), or put the answer in its place.
-- Only its holder can.
--
-- KEYS  the record of the request (hash)
-- ARGV  the holder, milliseconds, then the answer if there is one
--
-- Returns 1, or 0 if the claim is not the holder's.

if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
if ARGV[3] then
  redis.call('HDEL', KEYS[1], 'holder')
  redis.call('HSET', KEYS[1], 'reply', ARGV[3])
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
