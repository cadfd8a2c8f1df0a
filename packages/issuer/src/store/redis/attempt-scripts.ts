import { SAME_ANSWER_MS } from '../../domain/challenge.ts';
import { FIRST_WAIT_MS, LONGEST_WAIT_MS } from '../../domain/limits.ts';
import {
  CONVERSION_SLOT_MS,
  CONVERSION_SLOTS,
  DAY_MS,
  FAILURES_REMEMBERED_MS,
  HOUR_MS,
  SESSION_REMEMBERED_MS,
} from '../../domain/otp-store.ts';
import { CODES } from './codes.ts';
import { INSTANTS } from './instants.ts';

/**
 * KEYS subject, who waits (session or subject), pending codes. Returns the reason of a refusal, or the wait that this attempt
 * started, whether it stops, and the challenges, the newest first.
 */
export const COUNT_ATTEMPT: string = `${INSTANTS}${CODES}
local now, beforeWait, stopAt, session = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local inRow = tonumber(redis.call('HGET', KEYS[1], 'r') or '0')
local waiting = redis.call('HMGET', KEYS[2], 'f', 'w', 'l')
if inRow >= stopAt then return { 'stopped' } end
if now < tonumber(waiting[3] or '0') then return { 'failures' } end
local live, pending, reason, compared = readLive(KEYS[1]), readPending(KEYS[3]), nil, {}
local function look(code)
  local refusal = refusalOf(code, session, now)
  if not refusal then compared[#compared + 1] = code end
  return refusal
end
for index = #pending, 1, -1 do
  local refusal = look(pending[index])
  reason = reason or refusal
end
if live then reason = look(live) end
if #compared == 0 then return { reason or 'never-sent' } end

local reply = {}
for _, code in ipairs(compared) do
  code.n = tonumber(code.n or '0') + 1
  for _, value in ipairs({ code.i, code.m, code.c, code.x or '', allowedOf(code.q), code.e }) do reply[#reply + 1] = value end
end
if live and not reason then redis.call('HSET', KEYS[1], 'n', live.n) end
if #pending > 0 then keepPending(KEYS[3], pending) end
local failures = within(waiting[1], ${HOUR_MS}, now)
failures[#failures + 1] = ARGV[1]
while #failures > beforeWait do table.remove(failures, 1) end
redis.call('HSET', KEYS[1], 'r', inRow + 1)
redis.call('HSET', KEYS[2], 'f', table.concat(failures, ','))
local waitMs = 0
local waits = tonumber(waiting[2] or '0')
if waits > 0 or #failures >= beforeWait then
  waitMs = math.min(${FIRST_WAIT_MS} * 2 ^ waits, ${LONGEST_WAIT_MS})
  redis.call('HSET', KEYS[2], 'w', waits + 1, 'l', whole(now + waitMs))
end
redis.call('PEXPIRE', KEYS[2], ${SESSION_REMEMBERED_MS})
redis.call('PEXPIRE', KEYS[1], ${FAILURES_REMEMBERED_MS})
return { 'compare', whole(waitMs), inRow + 1 >= stopAt and '1' or '', unpack(reply) }
`;

/**
 * KEYS subject, answer, prefix, usage, account's conversions, who waits (session or subject), pending codes. Returns the
 * outcome, and for a repetition the first caller's sealed answer.
 */
export const CONSUME: string = `${CODES}
local now, id, sealedAnswer, sentAt, day = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local code, newer = readLive(KEYS[1]), nil
if not code or code.i ~= id then
  local found, _, rest = without(readPending(KEYS[7]), id)
  code, newer = found, rest
end
if not code or lineageOf(code.q) ~= lineage then return { 'lost' } end
local function succeed()
  redis.call('HDEL', KEYS[1], 'r')
  redis.call('HDEL', KEYS[6], 'f', 'w', 'l')
  redis.call('HINCRBY', KEYS[1], 'n', -1)
  redis.call('PEXPIRE', KEYS[1], ${DAY_MS})
end
if code.a then
  local answer = redis.call('GET', KEYS[2])
  if now >= tonumber(code.a) + ${SAME_ANSWER_MS} or not answer then return { 'lost' } end
  succeed()
  return { 'repeated', answer }
end
if now >= tonumber(code.e) then return { 'lost' } end
if newer then
  makeLive(KEYS[1], code)
  keepPending(KEYS[7], newer)
end
succeed()
redis.call('HSET', KEYS[1], 'a', ARGV[1])
redis.call('SET', KEYS[2], sealedAnswer, 'PX', ${SAME_ANSWER_MS})
for _, key in ipairs({ KEYS[3], KEYS[5] }) do
  redis.call('HINCRBY', key, 'v' .. string.format('%.0f', math.floor(sentAt / ${CONVERSION_SLOT_MS})), 1)
  redis.call('PEXPIRE', key, ${CONVERSION_SLOT_MS * (CONVERSION_SLOTS + 2)})
end
redis.call('HINCRBY', KEYS[4], day .. 'v', 1)
return { 'consumed' }
`;

/** KEYS subject. */
export const RELEASE: string = `return redis.call('HDEL', KEYS[1], 'f', 'r', 'w', 'l')`;
