import { type Script, scriptOf } from './evaluate.ts';
import { SUCCESSION } from './succession.ts';

/** Ids are refused that would have to live longer: the clocks of Redis and of the issuer are too far apart. */
const LONGEST_LIFE_MS = 600_000;

/** Further apart, the clocks of Redis and of the service cannot both be right. */
const CLOCKS_APART_MS = 60_000;

/** How long a hash of the compact layout takes new ids. Twice as long after its start every id in it may be forgotten. */
export const GENERATION_MS: number = LONGEST_LIFE_MS;

/**
 * The lineage: which server this is, what it descends from, and since when it remembers everything.
 *
 * KEYS 1 lineage. ARGV 1 newest lineage that the caller knows, 2 the caller's time.
 *
 * If a lineage begins, ids may be missing, and what was issued before `fence` is not vouched for. `latest` keeps the clock
 * from going back: an id that ran out while the clock was ahead would be free again.
 *
 * A minute between the two clocks: it is not known which tokens are over, nor since when ids are remembered, and a time
 * kept as `latest` would refuse every token until it has come. So nothing is decided, and nothing is kept.
 */
const LINEAGE = `
local known, caller = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
local now = clock
if math.abs(clock - caller) > ${CLOCKS_APART_MS} then return redis.error_reply('VMCLOCK clocks differ by over a minute') end
local kept = redis.call('HMGET', KEYS[1], 'heads', 'fence', 'latest', 'evicted', 'layout')
local heads, fence, latest, evictedBefore = kept[1] or '', tonumber(kept[2] or 0), tonumber(kept[3] or 0), kept[4]
if kept[5] and kept[5] ~= '$LAYOUT' then return redis.error_reply('VMLAYOUT ' .. kept[5]) end
if now < latest then now = latest end
${SUCCESSION}
if hasEnded(heads, evictedBefore, known) then
  fence = math.max(now, caller) + $MARGIN
  heads = withNewHead(heads, known, now)
  redis.call('HSET', KEYS[1], 'heads', heads, 'fence', fence, 'latest', now, 'layout', '$LAYOUT', 'evicted', evicted)
  latest = now
end
local head = string.match(heads, '^[^,]+')
if now > latest + 1000 then redis.call('HSET', KEYS[1], 'latest', now) end
`;

/** Without an operation the script says what the server is: the head, the fence, its time, policy and version. */
const DESCRIBE = `
if #ARGV == 2 then
  local memory, server = redis.call('INFO', 'memory'), redis.call('INFO', 'server')
  local policy = string.match(memory, 'maxmemory_policy:([%w-]+)') or 'unknown'
  local version = string.match(server, 'redis_version:([%d.]+)') or '0'
  return { head, fence, clock, policy, version }
end
local operation, issued, expires = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
`;

/** Nothing may be bound that is over already (SET … PXAT would answer OK and keep nothing) or that was forgotten. */
const OBJECTIONS = `
if issued < fence or expires <= now then return { 'fenced', 0, head } end
if expires > now + ${LONGEST_LIFE_MS} then return redis.error_reply('VMCLOCK the id would have to live too long') end
`;

/**
 * KEYS 2 the id. ARGV 3 operation, 4 issued at, 5 expires at. The value is 12 characters: with one more, Redis needs 16
 * bytes more for each id.
 */
const PLAIN = `${LINEAGE}${DESCRIBE}
local bound = redis.call('GET', KEYS[2])
if bound then
  if bound == operation then return { 'same-operation', 0, head } end
  return { 'used', 0, head }
end
${OBJECTIONS}
redis.call('SET', KEYS[2], operation, 'PXAT', ARGV[5])
if head == known then return 1 end
return { 'first-use', 0, head }
`;

/**
 * KEYS 2 the hash of this generation, 3 of the one before. ARGV 6 the id, 7 the generation. The generation is that of
 * the use and not of the token's end: two tokens with one id must meet in the same place.
 */
const COMPACT = `${LINEAGE}${DESCRIBE}
local id, generation = ARGV[6], math.floor(now / ${GENERATION_MS})
if generation ~= tonumber(ARGV[7]) then return { 'generation', generation, head } end
local bound = redis.call('HGET', KEYS[2], id) or redis.call('HGET', KEYS[3], id)
if bound then
  if bound == operation then return { 'same-operation', 0, head } end
  return { 'used', 0, head }
end
${OBJECTIONS}
redis.call('HSET', KEYS[2], id, operation)
if redis.call('HLEN', KEYS[2]) == 1 then redis.call('PEXPIREAT', KEYS[2], (generation + 2) * ${GENERATION_MS}) end
if head == known then return 1 end
return { 'first-use', 0, head }
`;

const TEXTS = { plain: PLAIN, compact: COMPACT };

export function scriptFor(layout: 'plain' | 'compact', marginMs: number): Script {
  return scriptOf(TEXTS[layout].replaceAll('$LAYOUT', layout).replace('$MARGIN', String(marginMs)));
}
