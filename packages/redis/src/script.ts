import { createHash } from 'node:crypto';

/** Ids are refused that would have to live longer: the clocks of Redis and of the issuer are too far apart. */
const LONGEST_LIFE_MS = 600_000;

/** How long a hash of the compact layout takes new ids. Twice as long after its start every id in it may be forgotten. */
export const GENERATION_MS: number = LONGEST_LIFE_MS;

/**
 * The lineage: which server this is, what it descends from, and since when it remembers everything.
 *
 * KEYS 1 lineage. ARGV 1 newest lineage that the caller knows, 2 the caller's time, 3 margin, 4 layout.
 *
 * `heads` names the lineages, newest first, each `run id:since`. Another run id is a restart or a promoted replica; a
 * caller's lineage that is not among them is a server that came back from before a failover. Either way ids may be
 * missing, and what was issued before `fence` is not vouched for. `latest` keeps the clock from going back: an id that
 * ran out while the clock was ahead would be free again.
 */
const LINEAGE = `
local known, layout = ARGV[1], ARGV[4]
local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
local now = clock
local run = string.sub(string.match(redis.call('INFO', 'server'), 'run_id:(%x+)'), 1, 16)
local kept = redis.call('HMGET', KEYS[1], 'heads', 'fence', 'latest', 'layout')
local heads, fence, latest = kept[1] or '', tonumber(kept[2] or 0), tonumber(kept[3] or 0)
if kept[4] and kept[4] ~= layout then return redis.error_reply('VMLAYOUT ' .. kept[4]) end
if now < latest then now = latest end
if string.sub(heads, 1, 16) ~= run or (known ~= '' and not string.find(heads, known, 1, true)) then
  local caller = math.min(tonumber(ARGV[2]), now + 120000)
  fence = math.max(now, caller) + tonumber(ARGV[3])
  heads = string.sub(run .. ':' .. now .. ',' .. known .. ',' .. heads, 1, 360)
  redis.call('HSET', KEYS[1], 'heads', heads, 'fence', fence, 'latest', now, 'layout', layout)
elseif now > latest + 1000 then
  redis.call('HSET', KEYS[1], 'latest', now)
end
local head = string.match(heads, '^[^,]+')
`;

/** Without an operation the script says what the server is: the head, the fence, its time, policy and version. */
const DESCRIBE = `
if #ARGV == 4 then
  local memory, server = redis.call('INFO', 'memory'), redis.call('INFO', 'server')
  local policy = string.match(memory, 'maxmemory_policy:([%w-]+)') or 'unknown'
  local version = string.match(server, 'redis_version:([%d.]+)') or '0'
  return { head, fence, clock, policy, version }
end
local operation, issued, expires = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local news = head
if head == known then news = '' end
`;

/** Nothing may be bound that is over already (SET … PXAT would answer OK and keep nothing) or that was forgotten. */
const OBJECTIONS = `
if issued < fence or expires <= now then return { 'fenced', 0, news } end
if expires > now + ${LONGEST_LIFE_MS} then return redis.error_reply('VMCLOCK the id would have to live too long') end
`;

/** KEYS 2 the id. ARGV 5 operation, 6 issued at, 7 expires at. */
const PLAIN = `${LINEAGE}${DESCRIBE}
local bound = redis.call('GET', KEYS[2])
if bound then
  local outcome = 'used'
  if string.sub(bound, 1, -9) == operation then outcome = 'same-operation' end
  return { outcome, tonumber(string.sub(bound, -8), 16), news }
end
${OBJECTIONS}
local seconds = math.floor(now / 1000)
redis.call('SET', KEYS[2], operation .. string.format('%08x', seconds), 'PXAT', ARGV[7])
return { 'first-use', seconds, news }
`;

/**
 * KEYS 2 the hash of this generation, 3 of the one before. ARGV 8 the id, 9 the generation. The generation is that of
 * the use and not of the token's end: two tokens with one id must meet in the same place.
 */
const COMPACT = `${LINEAGE}${DESCRIBE}
local id, generation = ARGV[8], math.floor(now / ${GENERATION_MS})
if generation ~= tonumber(ARGV[9]) then return { 'generation', generation, news } end
local bound = redis.call('HGET', KEYS[2], id) or redis.call('HGET', KEYS[3], id)
if bound then
  if bound == operation then return { 'same-operation', 0, news } end
  return { 'used', 0, news }
end
${OBJECTIONS}
redis.call('HSET', KEYS[2], id, operation)
if redis.call('HLEN', KEYS[2]) == 1 then redis.call('PEXPIREAT', KEYS[2], (generation + 2) * ${GENERATION_MS}) end
return { 'first-use', math.floor(now / 1000), news }
`;

export interface Script {
  readonly text: string;
  readonly sha: string;
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

export const SCRIPTS: Readonly<Record<'plain' | 'compact', Script>> = {
  plain: script(PLAIN),
  compact: script(COMPACT),
};
