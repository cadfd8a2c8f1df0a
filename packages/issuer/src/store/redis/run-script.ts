import { createHash } from 'node:crypto';
import { IssuerError } from '../../lib/errors.ts';

/** Sends a command to the node that has the key. */
export type SendCommand = (key: string, command: readonly [string, ...string[]]) => Promise<unknown>;

export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function scriptOf(text: string): Script {
  // Redis names scripts by SHA-1; nothing rests on it.
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Runs a script by its digest; the server is sent the text only if it does not know it yet. */
export async function runScript(
  send: SendCommand,
  { text, sha }: Script,
  keys: readonly [string, ...string[]],
  args: readonly string[],
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args];
  try {
    return await send(keys[0], ['EVALSHA', sha, ...rest]);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return send(keys[0], ['EVAL', text, ...rest]);
  }
}

export function unavailable(what: string, cause?: unknown): IssuerError {
  return new IssuerError('store_unavailable', `Redis ${what}.`, { cause });
}

/** The reply of a script of ours. */
export function texts(reply: unknown): string[] {
  if (Array.isArray(reply)) return reply.map(String);
  throw unavailable('answered something else than a script of ours does');
}
