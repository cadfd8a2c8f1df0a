import { DAY_MS, SEND_WINDOWS, WINDOW_PARTS } from '../../domain/otp-store.ts';

/**
 * The sends of an account or of an agent: a hash with one field for each window, `12:3,13:5`: three sends in the twelfth 12 and
 * five in 13. A counter says how long
 * the next send must wait for its window, 0 or less if it need not.
 */
export const SEND_COUNTERS: string = `
local sendWindows = { ${SEND_WINDOWS.map(({ name, lengthMs }) => `{ name = '${name}', partMs = ${lengthMs / WINDOW_PARTS} }`).join(', ')} }

local function partsOf(text, partMs, now)
  local parts, sends = {}, 0
  for part, count in string.gmatch(text or '', '(%d+):(%d+)') do
    part, count = tonumber(part), tonumber(count)
    if part >= math.floor(now / partMs) - ${WINDOW_PARTS} then
      parts[#parts + 1] = { part = part, count = count }
      sends = sends + count
    end
  end
  return parts, sends
end

local function waitOfCounter(counter, allowed, now)
  local sends, endsAt = counter.sends, now
  for _, oldest in ipairs(counter.parts) do
    if sends < allowed then break end
    sends = sends - oldest.count
    endsAt = (oldest.part + ${WINDOW_PARTS + 1}) * counter.partMs
  end
  return endsAt - now
end

local function readCounters(key, now)
  local texts = redis.call('HMGET', key, ${SEND_WINDOWS.map(({ name }) => `'${name}'`).join(', ')})
  local counters = {}
  for index, window in ipairs(sendWindows) do
    local parts, sends = partsOf(texts[index], window.partMs, now)
    counters[index] = { name = window.name, partMs = window.partMs, parts = parts, sends = sends }
  end
  return counters
end

local function countSend(key, counters, now, change)
  local changed = {}
  for _, window in ipairs(counters) do
    local current, texts, found = math.floor(now / window.partMs), {}, false
    for _, known in ipairs(window.parts) do
      if known.part == current then known.count, found = math.max(0, known.count + change), true end
      texts[#texts + 1] = whole(known.part) .. ':' .. whole(known.count)
    end
    if not found and change > 0 then texts[#texts + 1] = whole(current) .. ':' .. whole(change) end
    changed[#changed + 1] = window.name
    changed[#changed + 1] = table.concat(texts, ',')
  end
  redis.call('HSET', key, unpack(changed))
end
`;

/** For as long as its oldest twelfth may count. */
export const SEND_COUNTERS_LIVE_MS: number = DAY_MS + DAY_MS / WINDOW_PARTS;
