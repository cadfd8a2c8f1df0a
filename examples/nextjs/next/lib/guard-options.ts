import type { GuardOptions } from '@verified-mobile/core';
import { nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { createClient } from 'redis';

/**
 * What all routes have in common. With `REDIS_URL` all instances share the used tokens; without it they are kept in memory,
 * which is for one process: on Vercel and AWS Lambda the guard refuses to start with it.
 */
export const guardOptions: GuardOptions<Request> = sharedBy(process.env.REDIS_URL);

function sharedBy(url: string | undefined): GuardOptions<Request> {
  if (!url) return {};
  const client = createClient({ url, disableOfflineQueue: true });
  // Without a listener a lost connection would end the process; the guard answers 503 until Redis is back.
  client.on('error', () => undefined);
  client.connect().catch(() => undefined);
  return { replayStore: redisReplayStore(nodeRedis(client)) };
}
