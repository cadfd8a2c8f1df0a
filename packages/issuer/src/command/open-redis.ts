import { nodeRedis, type RedisConnection } from '@verified-mobile/redis';
import { IssuerError, misconfigured } from '../lib/errors.ts';
import { type Away, causeOf } from './away.ts';

export interface OpenRedis {
  readonly connection: RedisConnection;
  /** Ends the connection at once: commands without an answer are given up. */
  readonly close: () => Promise<void>;
}

/**
 * A connection that does not queue: a request would wait, be given up, and its command run all the same later on. Waits for
 * a server that is away; one that is there and refuses is an error.
 */
export async function openRedis(
  url: string,
  { onAway, onError }: { onAway: Away; onError: (error: unknown) => void },
): Promise<OpenRedis> {
  // Loaded when it is needed: most commands and every node with a memory store do without.
  const { createClient, ErrorReply } = await import('redis');
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw misconfigured('ISSUER_REDIS_URL must be a URL, such as redis://127.0.0.1:6379.');
  }
  const client = createClient({ url, disableOfflineQueue: true });
  const connection = nodeRedis(client);
  const refused = new Promise<never>((_, reject) => {
    client.on('error', (error: Error) => {
      if (error instanceof ErrorReply) reject(refusal(error));
      if (client.isReady) onError(error);
      else onAway('Redis (ISSUER_REDIS_URL)', causeOf(error));
    });
  });
  try {
    await Promise.race([client.connect(), refused]);
  } catch (error) {
    client.destroy();
    throw error;
  }
  client.removeAllListeners('error').on('error', onError);
  return { connection, close: async () => client.destroy() };
}

function refusal(cause: Error): IssuerError {
  return new IssuerError('store_unavailable', `Redis refuses the connection. Check ISSUER_REDIS_URL.`, { cause });
}
