import { nodeRedis, type RedisConnection } from '@verified-mobile/redis';

export interface OpenRedis {
  readonly connection: RedisConnection;
  /** Ends the connection at once: commands without an answer are given up. */
  readonly close: () => Promise<void>;
}

/** A connection that does not queue: a request would wait, be given up, and its command run all the same later on. */
export async function openRedis(url: string, onError: (error: unknown) => void): Promise<OpenRedis> {
  // Loaded when it is needed: most commands and every node with a memory store do without.
  const { createClient } = await import('redis');
  const client = createClient({ url, disableOfflineQueue: true });
  client.on('error', onError);
  await client.connect();
  return { connection: nodeRedis(client), close: async () => client.destroy() };
}
