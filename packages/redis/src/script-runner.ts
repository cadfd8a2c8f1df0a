import type { RedisConnection } from './connection.ts';
import type { Script } from './script.ts';

/** Runs the script by its digest, and sends its text only to a server that does not have it yet. */
export async function runScript(
  { send }: RedisConnection,
  { sha, text }: Script,
  keys: readonly [string, ...string[]],
  knownHead: string,
  args: readonly (string | Buffer)[] = [],
): Promise<unknown> {
  const [count, now] = [String(keys.length), String(Date.now())];
  try {
    return await send(keys[0], ['EVALSHA', sha, count, ...keys, knownHead, now, ...args]);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return send(keys[0], ['EVAL', text, count, ...keys, knownHead, `-${now}`, ...args]);
  }
}
