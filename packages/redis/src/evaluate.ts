import { createHash } from 'node:crypto';
import type { RedisConnection } from './connection.ts';

export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function scriptOf(text: string): Script {
  // Redis names scripts by SHA-1; nothing rests on it.
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Runs the script by its digest, and sends its text only to a server that does not have it yet. */
export async function evaluate(
  send: RedisConnection['send'],
  { sha, text }: Script,
  keys: readonly [string, ...string[]],
  args: readonly (string | Buffer)[],
): Promise<unknown> {
  const count = String(keys.length);
  try {
    return await send(keys[0], ['EVALSHA', sha, count, ...keys, ...args]);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return send(keys[0], ['EVAL', text, count, ...keys, ...args]);
  }
}
