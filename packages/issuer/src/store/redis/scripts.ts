import { CODE_LIFETIME_MS, SAME_ANSWER_MS } from '../../domain/challenge.ts';
import { ASSURED_SENDS_PER_MOBILE_AND_DAY, FIRST_WAIT_MS, LONGEST_WAIT_MS } from '../../domain/limits.ts';
import {
  ABANDONED_AFTER_MS,
  CONVERSION_SLOT_MS,
  CONVERSION_SLOTS,
  DAY_MS,
  FAILURES_REMEMBERED_MS,
  HOUR_MS,
  REFERENCE_MS,
  REFUSED_SENDS_REMEMBERED,
  SENDS_UNDER_WAY,
  SESSION_REMEMBERED_MS,
} from '../../domain/otp-store.ts';
import { CONVERSIONS } from './conversions.ts';
import { SEND_COUNTERS, SEND_COUNTERS_LIVE_MS } from './send-counters.ts';

/*
 * Fields of a subject's hash, short because there is one for every mobile:
 *   s sends, k refused sends of the hour, p sends under way, i m c x q e challenge (id, MAC, client_ref_id, transaction, attempts allowed and lineage, expiry),
 *   o its session, n attempts, a answered at, f failures of the hour, r failures in a row, w waits so far, l waits until
 * A session with a name has a hash of its own with f, w and l.
 * Instants stay the caller's text wherever they are only kept: a number of Lua may come back as 1.77e+12.
 */

const INSTANTS = `
local function within(text, length, now)
  local found = {}
  for instant in string.gmatch(text or '', '%d+') do
    if tonumber(instant) > now - length then found[#found + 1] = instant end
  end
  return found
end
local function whole(number) return string.format('%.0f', number) end
`;

/**
 * KEYS subject, mobile, prefix, reference, usage, account's sends, agent's sends, account's conversions, who waits (session or
 * subject). ARGV as `reservationArgs` has them. Returns the outcome and what belongs to it.
 */
export const RESERVE_SEND: string = `${INSTANTS}${SEND_COUNTERS}${CONVERSIONS}
local now, id, tid, body = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local perHour, perDay, perMobile, stopAt = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local reservedInMonth, budget = ARGV[13] .. 'r', tonumber(ARGV[14])
if body ~= '' then
  local known = redis.call('GET', KEYS[4])
  if known then
    local state, sentAt, knownTid, knownBody = string.match(known, '^(%a)|(%d+)|(%d+)|(.*)$')
    local lifetime = state == 'r' and ${ABANDONED_AFTER_MS} or ${REFERENCE_MS}
    if now < tonumber(sentAt) + lifetime then
      if knownBody ~= body then return { 'conflict' } end
      if state == 'r' then return { 'under-way', whole(tonumber(sentAt) + lifetime - now) } end
      local isKnown = lineageOf(redis.call('HGET', KEYS[1], 'q')) == lineage
      -- A code that was forgotten is sent again: the same answer would promise that it is still accepted.
      if isKnown or now >= tonumber(sentAt) + ${CODE_LIFETIME_MS} then return { 'repeated', knownTid, sentAt } end
    end
  end
end

if budget and tonumber(redis.call('HGET', KEYS[5], reservedInMonth) or '0') >= budget then return { 'over-budget' } end
local subject = redis.call('HMGET', KEYS[1], 's', 'r', 'k', 'p')
if tonumber(subject[2] or '0') >= stopAt then return { 'refused', 'stopped', '${DAY_MS}' } end
local sends = within(subject[1], ${DAY_MS}, now)
local lastHour = within(subject[1], ${HOUR_MS}, now)
local mobileSends = within(redis.call('GET', KEYS[2]) or '', ${DAY_MS}, now)
local reason, longest = nil, 0
local function wait(why, ms) if ms > longest then reason, longest = why, ms end end
local function window(log, length, allowed)
  local blocking = log[#log - allowed + 1]
  if blocking then return tonumber(blocking) + length - now end
  return 0
end
wait('failures', tonumber(redis.call('HGET', KEYS[9], 'l') or '0') - now)
local paused, newest = within(subject[3], ${HOUR_MS}, now), 0
for _, instant in ipairs(lastHour) do paused[#paused + 1] = instant end
for _, instant in ipairs(paused) do newest = math.max(newest, tonumber(instant)) end
if #paused > 0 then
  local cooldowns = {}
  for seconds in string.gmatch(ARGV[5], '[%d.]+') do cooldowns[#cooldowns + 1] = tonumber(seconds) end
  wait('cooldown', newest + cooldowns[math.min(#paused, #cooldowns)] * 1000 - now)
end
wait('hour', window(lastHour, ${HOUR_MS}, perHour))
wait('day', window(sends, ${DAY_MS}, perDay))
local openMs = window(mobileSends, ${DAY_MS}, tonumber(ARGV[24]))
local assuredMs = window(sends, ${DAY_MS}, ${ASSURED_SENDS_PER_MOBILE_AND_DAY})
wait('mobile-day', math.max(window(mobileSends, ${DAY_MS}, perMobile), math.min(openMs, assuredMs)))
local accountSends, agentSends = readCounters(KEYS[6], now), readCounters(KEYS[7], now)
for index, counted in ipairs(accountSends) do
  wait('account-' .. counted.name, waitOfCounter(counted, tonumber(ARGV[14 + index]), now))
end
for index, counted in ipairs(agentSends) do
  wait('agent-' .. counted.name, waitOfCounter(counted, tonumber(ARGV[17 + index]), now))
end
if reason then return { 'refused', reason, whole(longest) } end

local conversions = { conversionsOf(KEYS[3], 10, now), conversionsOf(KEYS[8], 21, now) }
wait('conversion', conversions[1].waitMs)
wait('account-conversion', conversions[2].waitMs)
if reason then return { 'refused', reason, whole(longest) } end

for _, counted in ipairs(conversions) do countConversion(counted) end
redis.call('HINCRBY', KEYS[5], reservedInMonth, 1)
for key, counters in pairs({ [KEYS[6]] = accountSends, [KEYS[7]] = agentSends }) do
  countSend(key, counters, now, 1)
  redis.call('PEXPIRE', key, ${SEND_COUNTERS_LIVE_MS})
end
sends[#sends + 1], mobileSends[#mobileSends + 1] = ARGV[1], ARGV[1]
local underWay = {}
for known in string.gmatch(subject[4] or '', '[^,]+') do underWay[#underWay + 1] = known end
underWay[#underWay + 1] = id
while #underWay > ${SENDS_UNDER_WAY} do table.remove(underWay, 1) end
redis.call('HSET', KEYS[1], 's', table.concat(sends, ','), 'p', table.concat(underWay, ','))
local failing = tonumber(subject[2] or '0') > 0
redis.call('PEXPIRE', KEYS[1], failing and ${FAILURES_REMEMBERED_MS} or ${DAY_MS})
redis.call('SET', KEYS[2], table.concat(mobileSends, ','), 'PX', ${DAY_MS})
if body ~= '' then redis.call('SET', KEYS[4], 'r|' .. ARGV[1] .. '|' .. tid .. '|' .. body, 'PX', ${REFERENCE_MS}) end
return { 'reserved' }
`;

/** KEYS subject, answer, usage, reference. Returns 1 if the challenge is now the live one. */
export const COMMIT_SEND: string = `
local now, id, tid, body, day = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
redis.call('HINCRBY', KEYS[3], day .. 's', 1)
if body ~= '' then redis.call('SET', KEYS[4], 's|' .. now .. '|' .. tid .. '|' .. body, 'PX', ${REFERENCE_MS}) end
local newer
for known in string.gmatch(redis.call('HGET', KEYS[1], 'p') or '', '[^,]+') do
  if known == id then newer = {} elseif newer then newer[#newer + 1] = known end
end
if not newer then return 0 end
redis.call('HDEL', KEYS[1], 'n', 'a', 'x', 'p', 'o')
if #newer > 0 then redis.call('HSET', KEYS[1], 'p', table.concat(newer, ',')) end
redis.call('HSET', KEYS[1], 'i', id, 'm', ARGV[6], 'c', ARGV[7], 'q', bind(ARGV[9]), 'e', ARGV[10])
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'x', ARGV[8]) end
if ARGV[11] ~= '' then redis.call('HSET', KEYS[1], 'o', ARGV[11]) end
redis.call('DEL', KEYS[2])
return 1
`;

/** KEYS as of the reservation. */
export const CANCEL_SEND: string = `${INSTANTS}${SEND_COUNTERS}
local function without(text)
  local kept, dropped = {}, false
  for instant in string.gmatch(text or '', '%d+') do
    if instant == ARGV[1] and not dropped then dropped = true else kept[#kept + 1] = instant end
  end
  return table.concat(kept, ',')
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  local known = redis.call('HMGET', KEYS[1], 's', 'k', 'p')
  local refused = within(known[2], ${HOUR_MS}, tonumber(ARGV[1]))
  refused[#refused + 1] = ARGV[1]
  while #refused > ${REFUSED_SENDS_REMEMBERED} do table.remove(refused, 1) end
  redis.call('HSET', KEYS[1], 's', without(known[1]), 'k', table.concat(refused, ','))
  local underWay = {}
  for id in string.gmatch(known[3] or '', '[^,]+') do if id ~= ARGV[4] then underWay[#underWay + 1] = id end end
  redis.call('HSET', KEYS[1], 'p', table.concat(underWay, ','))
end
local mobile = redis.call('GET', KEYS[2])
if mobile then redis.call('SET', KEYS[2], without(mobile), 'KEEPTTL') end
local slot = 's' .. string.format('%.0f', math.floor(tonumber(ARGV[1]) / ${CONVERSION_SLOT_MS}))
for _, key in ipairs({ KEYS[3], KEYS[8] }) do
  if redis.call('HEXISTS', key, slot) == 1 then redis.call('HINCRBY', key, slot, -1) end
end
local reservedInMonth = ARGV[5] .. 'r'
if redis.call('HEXISTS', KEYS[5], reservedInMonth) == 1 then redis.call('HINCRBY', KEYS[5], reservedInMonth, -1) end
for index = 6, 7 do
  if redis.call('EXISTS', KEYS[index]) == 1 then
    countSend(KEYS[index], readCounters(KEYS[index], tonumber(ARGV[1])), tonumber(ARGV[1]), -1)
  end
end
if ARGV[3] ~= '' then
  local known = redis.call('GET', KEYS[4])
  if known and string.match(known, '^%a|%d+|(%d+)|') == ARGV[2] then redis.call('DEL', KEYS[4]) end
end
return 1
`;

/**
 * KEYS subject, who waits (session or subject). Returns the reason of a refusal, or the challenge, the wait that this attempt
 * started, and whether it stops.
 */
export const COUNT_ATTEMPT: string = `${INSTANTS}
local now, beforeWait, stopAt, session = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local known = redis.call('HMGET', KEYS[1], 'i', 'm', 'c', 'x', 'q', 'e', 'n', 'a', 'r', 'o')
local waiting = redis.call('HMGET', KEYS[2], 'f', 'w', 'l')
local inRow = tonumber(known[9] or '0')
if inRow >= stopAt then return { 'stopped' } end
if now < tonumber(waiting[3] or '0') then return { 'failures' } end
if not known[1] then return { 'never-sent' } end
if (known[10] or '') ~= session then return { 'other-session' } end
if known[8] then
  if now >= tonumber(known[8]) + ${SAME_ANSWER_MS} then return { 'used' } end
elseif now >= tonumber(known[6]) then
  return { 'expired' }
end
local allowed = allowedOf(known[5])
if tonumber(known[7] or '0') >= allowed then return { 'attempts-used' } end
if lineageOf(known[5]) ~= lineage then return { 'forgotten' } end

local failures = within(waiting[1], ${HOUR_MS}, now)
failures[#failures + 1] = ARGV[1]
while #failures > beforeWait do table.remove(failures, 1) end
redis.call('HINCRBY', KEYS[1], 'n', 1)
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
local stops = inRow + 1 >= stopAt and '1' or ''
return { 'compare', known[1], known[2], known[3], known[4] or '', allowed, known[6], whole(waitMs), stops }
`;

/**
 * KEYS subject, answer, prefix, usage, account's conversions, who waits (session or subject). Returns the outcome, and for a
 * repetition the first caller's sealed answer.
 */
export const CONSUME: string = `
local now, id, sealedAnswer, sentAt, day = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local known = redis.call('HMGET', KEYS[1], 'i', 'e', 'a', 'q')
if known[1] ~= id or lineageOf(known[4]) ~= lineage then return { 'lost' } end
local function succeed()
  redis.call('HDEL', KEYS[1], 'r')
  redis.call('HDEL', KEYS[6], 'f', 'w', 'l')
  redis.call('HINCRBY', KEYS[1], 'n', -1)
  redis.call('PEXPIRE', KEYS[1], ${DAY_MS})
end
if known[3] then
  local answer = redis.call('GET', KEYS[2])
  if now >= tonumber(known[3]) + ${SAME_ANSWER_MS} or not answer then return { 'lost' } end
  succeed()
  return { 'repeated', answer }
end
if now >= tonumber(known[2]) then return { 'lost' } end
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

/**
 * KEYS one that is of no use: a server that is full, or a replica, can be read and not written. Returns the eviction policy,
 * an empty text if the server does not say.
 */
export const READY = `
redis.call('SET', KEYS[1], '1', 'PX', 1000)
return string.match(redis.call('INFO', 'memory'), 'maxmemory_policy:([%w-]+)') or ''`;
