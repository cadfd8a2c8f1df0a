import { type LineageScript, lineageScript } from '@verified-mobile/redis';

/**
 * The lineage that a challenge was reserved in and the attempts that it allows, as one number: 205 for the second lineage and
 * five attempts. With a field more, each mobile would take 32 bytes more.
 */
const BINDING = `
local function bind(allowed) return lineage * 100 + allowed end
local function lineageOf(bound) return math.floor(tonumber(bound or '0') / 100) end
local function allowedOf(bound) return tonumber(bound) % 100 end
`;

/**
 * A challenge of another lineage than the server's now may have been used, replaced or guessed at since: it is forgotten.
 *
 * @param body Lua, as for `lineageScript`
 */
export function otpScript(body: string): LineageScript {
  return lineageScript(BINDING + body);
}
