import { createHash } from 'node:crypto';
import { IssuerError, misconfigured } from '../../lib/errors.ts';

/** A client of node-redis (`redis`), by what is used of it. */
export interface NodeRedisClient {
  sendCommand(args: readonly string[], options: { timeout: number }): Promise<unknown>;
}

/** A client of `ioredis`, by what is used of it. */
export interface IoRedisClient {
  call(command: string, ...args: string[]): Promise<unknown>;
}

export type RedisClient = NodeRedisClient | IoRedisClient;

export type SendCommand = (command: string, ...args: string[]) => Promise<unknown>;

export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function scriptOf(text: string): Script {
  // Redis names scripts by SHA-1; nothing rests on it.
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** One way to send a command, whichever client it is; late is an outage. */
export function commandSender(client: RedisClient, timeoutMs: number): SendCommand {
  const send = senderOf(client);
  return async (command, ...args) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(unavailable(`gave no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return await Promise.race([send(command, ...args), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

function senderOf(client: RedisClient): SendCommand {
  if (typeof client === 'object' && client !== null) {
    if ('call' in client && typeof client.call === 'function') {
      return async (command, ...args) => client.call(command, ...args);
    }
    if ('sendCommand' in client && typeof client.sendCommand === 'function') {
      // 0: the deadline here stands instead of the client's own, which costs an AbortSignal for each command.
      return async (...args) => client.sendCommand(args, { timeout: 0 });
    }
  }
  throw misconfigured('redisOtpStore() takes a connected client of redis (createClient) or ioredis.');
}

/** Runs a script by its digest; the server is given the text only where it does not know it yet. */
export async function runScript(
  send: SendCommand,
  { text, sha }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args];
  try {
    return await send('EVALSHA', sha, ...rest);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return send('EVAL', text, ...rest);
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
