import { CONVERSION_SLOT_MS, CONVERSION_SLOTS } from '../../domain/otp-store.ts';

/**
 * The conversions of a prefix or of an account: a hash with sent (s) and verified (v) codes by slot of the send, and when a
 * send was last let through while it was slowed (l). `ARGV[first]` and the next two are its guard.
 */
export const CONVERSIONS: string = `
local function conversionsOf(key, first, now)
  local slot, fields = math.floor(now / ${CONVERSION_SLOT_MS}), { 'l' }
  for past = slot - ${CONVERSION_SLOTS}, slot - 1 do
    fields[#fields + 1] = 's' .. whole(past)
    fields[#fields + 1] = 'v' .. whole(past)
  end
  local counted, sent, verified = redis.call('HMGET', key, unpack(fields)), 0, 0
  for index = 2, #fields, 2 do
    sent = sent + tonumber(counted[index] or '0')
    verified = verified + tonumber(counted[index + 1] or '0')
  end
  local minimumSends, minimumShare, gap = tonumber(ARGV[first]), tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
  local slowed, waitMs = sent >= minimumSends and verified < sent * minimumShare, 0
  if slowed and counted[1] then waitMs = tonumber(counted[1]) + gap * 1000 - now end
  return { key = key, slot = slot, slowed = slowed, waitMs = waitMs }
end

local function countConversion(conversions)
  local key, slot = conversions.key, conversions.slot
  if conversions.slowed then redis.call('HSET', key, 'l', ARGV[1]) end
  if redis.call('HINCRBY', key, 's' .. whole(slot), 1) == 1 then
    local old = slot - ${CONVERSION_SLOTS} - 1
    redis.call('HDEL', key, 's' .. whole(old), 'v' .. whole(old))
  end
  redis.call('PEXPIRE', key, ${CONVERSION_SLOT_MS * (CONVERSION_SLOTS + 2)})
end
`;
