import { EARLY_RECEIPT_MS, OUTBOX_REMEMBERED_MS } from '../../domain/outbox.ts';

/*
 * A message is a hash: s state (q queued, h handing over, a accepted, u unknown, r refused, e expired), n node, l lineage,
 * b sealed body, a about, e expiry, q h d when it was queued, handed over, ended, r route, i attempt, t routes tried (JSON), w whether
 * Send was answered, m provider's id, o operator code, x y z status, code and instant of the receipt.
 * KEYS of the verbs that change a message begin with: message, those that are queued, those that its node holds.
 */

const FORGET_MS = String(OUTBOX_REMEMBERED_MS);

/** What the scripts that change a message have in common. */
const MESSAGE = `
local function held(id, node)
  local names, kept = { 's', 'n', 'l', 'e', 'r', 'a', 'b', 'w', 't', 'i' }, {}
  for index, value in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do kept[names[index]] = value or nil end
  -- What a restored or replaced server says of it may be from before it was handed over.
  if not kept.s or tonumber(kept.l) ~= lineage then return kept, 'forgotten' end
  if kept.n ~= node or (kept.s ~= 'q' and kept.s ~= 'h') then return kept, 'taken' end
  return kept
end
local function keep() redis.call('PEXPIRE', KEYS[1], ${FORGET_MS}) end
local function finish(id, state, now)
  redis.call('HDEL', KEYS[1], 'b')
  redis.call('HSET', KEYS[1], 's', state, 'd', now)
  redis.call('ZREM', KEYS[2], id)
  redis.call('SREM', KEYS[3], id)
  keep()
end
local function serverNow()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/** KEYS also: tid. ARGV id, node, route or empty, sealed, about, expiry, now, most that may be queued. */
export const ENQUEUE: string = `${MESSAGE}
local id, node, route, expiry, now = ARGV[1], ARGV[2], ARGV[3], ARGV[6], ARGV[7]
if route == '' then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
  if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[8]) then return 'full' end
  redis.call('ZADD', KEYS[2], expiry, id)
  redis.call('PEXPIRE', KEYS[2], ${FORGET_MS})
end
local state = route == '' and 'q' or 'h'
redis.call('HSET', KEYS[1], 's', state, 'n', node, 'l', lineage, 'b', ARGV[4], 'a', ARGV[5], 'e', expiry, 'q', now)
if route ~= '' then redis.call('HSET', KEYS[1], 'r', route, 'h', now, 'i', 1) end
keep()
redis.call('SET', KEYS[4], id, 'PX', ${FORGET_MS})
redis.call('SADD', KEYS[3], id)
redis.call('PEXPIRE', KEYS[3], ${FORGET_MS})
return 'enqueued'
`;

/** ARGV id, node, route, tried, now, attempt. */
export const BEGIN: string = `${MESSAGE}
local id, now = ARGV[1], ARGV[5]
local kept, lost = held(id, ARGV[2])
if lost then return lost end
if tonumber(ARGV[6]) <= tonumber(kept.i or '0') then return 'taken' end
if tonumber(now) >= tonumber(kept.e) then
  finish(id, 'e', now)
  return 'expired'
end
redis.call('ZREM', KEYS[2], id)
redis.call('HSET', KEYS[1], 's', 'h', 'r', ARGV[3], 't', ARGV[4], 'h', now, 'i', ARGV[6])
keep()
return 'begun'
`;

/**
 * KEYS also: id of the provider's id, early receipt. ARGV id, node, route, state, now, messageId, operator code, tried, attempt.
 * Returns whether it was settled, then status and code of an early receipt.
 */
export const SETTLE: string = `${MESSAGE}
local id, node, route, state, now, messageId = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local kept = redis.call('HMGET', KEYS[1], 's', 'n', 'r', 'e', 'i')
local isLate = kept[1] == 'u' and state == 'a'
if kept[2] ~= node or kept[3] ~= route or kept[5] ~= ARGV[9] or (kept[1] ~= 'h' and not isLate) then return { 'lost' } end
if state == 'q' then
  redis.call('HSET', KEYS[1], 's', 'q', 't', ARGV[8])
  redis.call('ZADD', KEYS[2], kept[4], id)
  redis.call('PEXPIRE', KEYS[2], ${FORGET_MS})
  keep()
  return { 'settled' }
end
finish(id, state, now)
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'o', ARGV[7]) end
if messageId == '' then return { 'settled' } end
redis.call('HSET', KEYS[1], 'm', messageId)
redis.call('SET', KEYS[4], id, 'PX', ${FORGET_MS})
local early = redis.call('GET', KEYS[5])
if not early then return { 'settled' } end
redis.call('DEL', KEYS[5])
local status, code = string.match(early, '^(%a+)|(.*)$')
redis.call('HSET', KEYS[1], 'x', status, 'y', code, 'z', now)
return { 'settled', status, code }
`;

/** ARGV id, node, now. */
export const WITHDRAW: string = `${MESSAGE}
local id, now = ARGV[1], ARGV[3]
local kept, lost = held(id, ARGV[2])
if lost then return lost end
local isExpired = tonumber(now) >= tonumber(kept.e)
finish(id, isExpired and 'e' or 'r', now)
return isExpired and 'expired' or 'withdrawn'
`;

/** ARGV id, node. */
export const MARK_ANSWERED: string = `${MESSAGE}
local kept, lost = held(ARGV[1], ARGV[2])
if lost then return lost end
redis.call('HSET', KEYS[1], 'w', '1')
return 'marked'
`;

/** KEYS id of the provider's id, early receipt. ARGV status, code. Returns the id, or an empty text. */
export const LOOK_UP_RECEIPT: string = `
local id = redis.call('GET', KEYS[1])
if id then return id end
local early = redis.call('GET', KEYS[2])
if not early or (string.sub(early, 1, 9) == 'accepted|' and ARGV[1] ~= 'accepted') then
  redis.call('SET', KEYS[2], ARGV[1] .. '|' .. ARGV[2], 'PX', ${EARLY_RECEIPT_MS})
end
return ''
`;

/** KEYS message. ARGV status, code, now. Returns the outcome, and what events say. */
export const RECEIVE: string = `
local known = redis.call('HMGET', KEYS[1], 'x', 'a')
if not known[2] then return { 'unmatched' } end
if known[1] and (known[1] ~= 'accepted' or ARGV[1] == 'accepted') then return { 'repeated' } end
redis.call('HSET', KEYS[1], 'x', ARGV[1], 'y', ARGV[2], 'z', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ${FORGET_MS})
return { 'recorded', known[2] }
`;

/** KEYS nodes, by when their lease ends. ARGV node, length of its lease. Returns those whose lease has ended. */
export const BEAT: string = `${MESSAGE}
local now = serverNow()
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ${FORGET_MS})
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
`;

/** KEYS nodes. ARGV node. */
export const LEAVE: string = `return redis.call('ZADD', KEYS[1], 0, ARGV[1])`;

/** KEYS nodes, those that the node holds. ARGV node, how many at most. */
export const HELD_BY: string = `${MESSAGE}
local held = redis.call('SRANDMEMBER', KEYS[2], ARGV[2])
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
if #held == 0 and lease and tonumber(lease) <= serverNow() then redis.call('ZREM', KEYS[1], ARGV[1]) end
return held
`;

/** KEYS also: those that the taker holds, nodes. ARGV id, from, to, now. Returns the outcome and what belongs to it. */
export const TAKE_OVER: string = `${MESSAGE}
local id, from, to, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local lease = redis.call('ZSCORE', KEYS[5], from)
if lease and tonumber(lease) > serverNow() then return { 'lost' } end
local kept, lost = held(id, from)
if lost == 'forgotten' and kept.n == from and (kept.s == 'q' or kept.s == 'h') then
  finish(id, 'u', now)
  return { 'unknown', kept.a, kept.s == 'h' and kept.r or '' }
end
if lost then
  redis.call('SREM', KEYS[3], id)
  return { 'lost' }
end
if kept.s == 'h' then
  finish(id, 'u', now)
  return { 'unknown', kept.a, kept.r }
end
local isExpired = tonumber(now) >= tonumber(kept.e)
if isExpired then
  finish(id, 'e', now)
else
  redis.call('SREM', KEYS[3], id)
  redis.call('SADD', KEYS[4], id)
  redis.call('PEXPIRE', KEYS[4], ${FORGET_MS})
  redis.call('HSET', KEYS[1], 'n', to)
end
return { isExpired and 'expired' or 'queued', kept.a, kept.b, kept.e, kept.t or '[]', kept.w or '', kept.i or '0' }
`;
