import { CODE_LIFETIME_MS } from '../../domain/challenge.ts';
import { ASSURED_SENDS_PER_MOBILE_AND_DAY } from '../../domain/limits.ts';
import {
  ABANDONED_AFTER_MS,
  CONVERSION_SLOT_MS,
  DAY_MS,
  FAILURES_REMEMBERED_MS,
  HOUR_MS,
  REFERENCE_MS,
  REFUSED_SENDS_REMEMBERED,
  SENDS_UNDER_WAY,
} from '../../domain/otp-store.ts';
import { CODES } from './codes.ts';
import { CONVERSIONS } from './conversions.ts';
import { INSTANTS } from './instants.ts';
import { SEND_COUNTERS, SEND_COUNTERS_LIVE_MS } from './send-counters.ts';

/**
 * KEYS subject, mobile, prefix, reference, usage, account's sends, agent's sends, account's conversions, who waits (session or
 * subject), pending codes. ARGV as `reservationArgs` has them. Returns the outcome and what belongs to it.
 */
export const RESERVE_SEND: string = `${INSTANTS}${CODES}${SEND_COUNTERS}${CONVERSIONS}
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
local subject = redis.call('HMGET', KEYS[1], 's', 'r', 'k')
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
redis.call('HSET', KEYS[1], 's', table.concat(sends, ','))
local pending, code = readPending(KEYS[10]), { i = id, m = ARGV[25], c = ARGV[26], q = bind(ARGV[29]), e = ARGV[30] }
if ARGV[27] ~= '' then code.x = ARGV[27] end
if ARGV[28] ~= '' then code.o = ARGV[28] end
pending[#pending + 1] = code
while #pending > ${SENDS_UNDER_WAY} do table.remove(pending, 1) end
redis.call('SET', KEYS[10], cjson.encode(pending), 'PX', ${CODE_LIFETIME_MS})
local failing = tonumber(subject[2] or '0') > 0
redis.call('PEXPIRE', KEYS[1], failing and ${FAILURES_REMEMBERED_MS} or ${DAY_MS})
redis.call('SET', KEYS[2], table.concat(mobileSends, ','), 'PX', ${DAY_MS})
if body ~= '' then redis.call('SET', KEYS[4], 'r|' .. ARGV[1] .. '|' .. tid .. '|' .. body, 'PX', ${REFERENCE_MS}) end
return { 'reserved' }
`;

/**
 * KEYS subject, answer, usage, reference, pending codes. Returns the outcome. The code stays bound to the lineage in which it
 * was reserved: it may have been consumed since then.
 */
export const COMMIT_SEND: string = `${CODES}
local now, id, tid, body, day = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
redis.call('HINCRBY', KEYS[3], day .. 's', 1)
if body ~= '' then redis.call('SET', KEYS[4], 's|' .. now .. '|' .. tid .. '|' .. body, 'PX', ${REFERENCE_MS}) end
if redis.call('HGET', KEYS[1], 'i') == id then return 'verified' end
local code, _, newer = without(readPending(KEYS[5]), id)
-- A subject that was evicted would come back without an end.
if not code or redis.call('EXISTS', KEYS[1]) == 0 then return 'superseded' end
makeLive(KEYS[1], code)
keepPending(KEYS[5], newer)
redis.call('DEL', KEYS[2])
return 'committed'
`;

/** KEYS as of the reservation. ARGV[6] is the day of a bill that it is taken off, or empty. */
export const CANCEL_SEND: string = `${INSTANTS}${CODES}${SEND_COUNTERS}
local function withoutSend(text)
  local kept, dropped = {}, false
  for instant in string.gmatch(text or '', '%d+') do
    if instant == ARGV[1] and not dropped then dropped = true else kept[#kept + 1] = instant end
  end
  return table.concat(kept, ',')
end
local code, older, newer = without(readPending(KEYS[10]), ARGV[4])
if code then
  for _, other in ipairs(newer) do older[#older + 1] = other end
  keepPending(KEYS[10], older)
end
-- A code that was guessed at goes on counting: the limits on sends are what bounds the guesses of a day.
if code and not code.n and redis.call('EXISTS', KEYS[1]) == 1 then
  local known = redis.call('HMGET', KEYS[1], 's', 'k')
  local refused = within(known[2], ${HOUR_MS}, tonumber(ARGV[1]))
  refused[#refused + 1] = ARGV[1]
  while #refused > ${REFUSED_SENDS_REMEMBERED} do table.remove(refused, 1) end
  redis.call('HSET', KEYS[1], 's', withoutSend(known[1]), 'k', table.concat(refused, ','))
  local mobile = redis.call('GET', KEYS[2])
  if mobile then redis.call('SET', KEYS[2], withoutSend(mobile), 'KEEPTTL') end
end
local slot = 's' .. string.format('%.0f', math.floor(tonumber(ARGV[1]) / ${CONVERSION_SLOT_MS}))
for _, key in ipairs({ KEYS[3], KEYS[8] }) do
  if redis.call('HEXISTS', key, slot) == 1 then redis.call('HINCRBY', key, slot, -1) end
end
if ARGV[6] ~= '' then redis.call('HINCRBY', KEYS[5], ARGV[6] .. 's', -1) end
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
