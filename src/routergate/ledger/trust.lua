-- Write down how models stand, and how far the news has been read, unless somebody else has done so meanwhile.
--
-- KEYS  watches, watched, transitions, news
-- ARGV  the version that was read, the place up to which news has been read, how many watches,
--       for each its subject and its text, the texts of transitions
--
-- Returns 1, or 0 if the version has changed, and then nothing is written.

if (redis.call('HGET', KEYS[2], 'version') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], 'version', string.format('%d', ARGV[1] + 1), 'place', ARGV[2])
local last = 3 + 2 * ARGV[3]
for i = 4, last, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV do
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', 1000, '*', 'transition', ARGV[i])
end
-- What is read is forgotten, but for the last one: the stream must not begin its numbers anew.
if ARGV[2] ~= '0-0' then redis.call('XTRIM', KEYS[4], 'MINID', ARGV[2]) end
return 1
