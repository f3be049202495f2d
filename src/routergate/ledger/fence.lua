-- In front of the settle script: only while the writer holds a lease.
--
-- KEYS  as the script's, and last the lease
-- ARGV  as the script's; the writer is the holder
--
-- Returns {'lost'} if somebody else holds it by now, or nobody.

if redis.call('GET', table.remove(KEYS)) ~= ARGV[1] then return {'lost'} end

