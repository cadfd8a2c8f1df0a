import { SAME_ANSWER_MS } from '../../domain/challenge.ts';

/*
 * Fields of a subject's hash, short because there is one for every mobile:
 *   s sends, k refused sends of the hour, i m c x q e challenge (id, MAC, client_ref_id, transaction, attempts allowed and lineage, expiry),
 *   o its session, n attempts, a answered at, f failures of the hour, r failures in a row, w waits so far, l waits until
 * A session with a name has a hash of its own with f, w and l.
 * Pending codes are a JSON list, oldest first, of objects with those names, under a key of their own that ends with them:
 * one value of more than 64 bytes would cost a hash its compact form for good.
 */

/** What the scripts do with codes: the live one of a subject's hash, and the pending ones. Needs `BINDING`. */
export const CODES: string = `
local function readPending(key)
  local text = redis.call('GET', key)
  return text and cjson.decode(text) or {}
end

local function keepPending(key, codes)
  if #codes == 0 then redis.call('DEL', key) else redis.call('SET', key, cjson.encode(codes), 'KEEPTTL') end
end

local function without(codes, id)
  local found, older, newer = nil, {}, {}
  for _, code in ipairs(codes) do
    if code.i == id then found = code else table.insert(found and newer or older, code) end
  end
  return found, older, newer
end

local function readLive(subject)
  local names, code = { 'i', 'm', 'c', 'x', 'q', 'e', 'o', 'n', 'a' }, {}
  for index, value in ipairs(redis.call('HMGET', subject, unpack(names))) do code[names[index]] = value or nil end
  return code.i and code
end

local function makeLive(subject, code)
  redis.call('HDEL', subject, 'x', 'o', 'n', 'a')
  redis.call('HSET', subject, 'i', code.i, 'm', code.m, 'c', code.c, 'q', code.q, 'e', code.e)
  for _, name in ipairs({ 'x', 'o', 'n' }) do
    if code[name] then redis.call('HSET', subject, name, code[name]) end
  end
end

local function refusalOf(code, session, now)
  if (code.o or '') ~= session then return 'other-session' end
  if code.a then
    if now >= tonumber(code.a) + ${SAME_ANSWER_MS} then return 'used' end
  elseif now >= tonumber(code.e) then
    return 'expired'
  end
  if tonumber(code.n or '0') >= allowedOf(code.q) then return 'attempts-used' end
  if lineageOf(code.q) ~= lineage then return 'forgotten' end
end
`;
