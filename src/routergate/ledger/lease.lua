-- Keep a lease for some time more, or give it up (0 milliseconds). Only its holder can.
--
-- KEYS  the lease
-- ARGV  the holder, milliseconds
--
-- Returns 1, or 0 if somebody else holds it by now, or nobody.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
