import type { RedisConnection } from './connection.ts';
import { evaluate, type Script, scriptOf } from './evaluate.ts';
import { SUCCESSION } from './succession.ts';

/** A script of another store, made by `lineageScript`. */
export type LineageScript = Script;

/** Runs a script in one round trip. All keys, and the one of the lineage, must be on one server. */
export type RunLineageScript = (
  script: LineageScript,
  keys: readonly [string, ...string[]],
  args: readonly string[],
) => Promise<unknown>;

const NOW = `
local known, lineageKey = ARGV[#ARGV], KEYS[#KEYS]
local kept = redis.call('HMGET', lineageKey, 'heads', 'evicted', 'number')
local heads, lineage = kept[1] or '', tonumber(kept[3])
if hasEnded(heads, kept[2], known) then
  local time = redis.call('TIME')
  heads = withNewHead(heads, known, time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('HSET', lineageKey, 'heads', heads, 'evicted', evicted)
  lineage = redis.call('HINCRBY', lineageKey, 'number', 1)
end
local head = string.match(heads, '^[^,]+')
`;

/**
 * A script that knows the lineage of the server it runs on. A store keeps it beside what must not outlive a loss of memory,
 * and compares. No clock takes part in that: the lineage is counted in the data themselves, so a restored copy goes on
 * counting from where it was, and has nothing yet of the lineage that it begins.
 *
 * @param body Lua that finds the number `lineage` and returns one value. It grows with each restart, promotion, restored
 *   snapshot and eviction; what was written under a smaller one may lack what came after. Behind the caller's keys and
 *   arguments stands one more of each.
 */
export function lineageScript(body: string): LineageScript {
  return scriptOf(`${SUCCESSION}${NOW}
local function decide()
${body}
end
return { head == known and '' or head, decide() }`);
}

/**
 * Runs the scripts of a store, as one who remembers the newest lineage it was told of: a server from before a failover
 * that it is led back to begins another one.
 *
 * @param key where the lineage is kept; one for each store and hash tag
 */
export function lineageScripts(send: RedisConnection['send'], key: string): RunLineageScript {
  let known = '';
  return async (script, keys, args) => {
    const reply = await evaluate(send, script, [...keys, key], [...args, known]);
    if (!Array.isArray(reply) || reply.length !== 2) throw new Error('the server answered with something else');
    const [head, result] = reply as [unknown, unknown];
    if (head !== '') known = String(head);
    return result;
  };
}
