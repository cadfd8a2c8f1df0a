import type { RateLimiters } from '@verified-mobile/client';
import { hasRedis, startRedis } from '@verified-mobile/test-support/redis-server';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { expect, it } from 'vitest';
import { handlerUnderTest, problemOf } from './support.ts';

it.skipIf(!hasRedis)(
  'limiters on one Redis count for all processes, and let nobody through when it is gone',
  async () => {
    const server = await startRedis();
    const storeClient = new Redis(server.url, { enableOfflineQueue: false, lazyConnect: true, retryStrategy: null });
    storeClient.on('error', () => {});
    try {
      await storeClient.connect();
      const rateLimiters = (): RateLimiters => ({
        send: new RateLimiterRedis({ storeClient, keyPrefix: 'otp-send', points: 3, duration: 600 }),
        verify: new RateLimiterRedis({ storeClient, keyPrefix: 'otp-verify', points: 3, duration: 600 }),
      });
      const shops = [
        handlerUnderTest({ rateLimiters: rateLimiters() }),
        handlerUnderTest({ rateLimiters: rateLimiters() }),
      ];
      const answers = await Promise.all([...shops, ...shops].map(async ({ send }) => send()));
      const statuses = answers.map(({ status }) => status);
      expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 429]);
      expect((await shops[0]!.verify()).status).toBe(200);

      await server.kill();
      await expect.poll(() => storeClient.status).toBe('end');
      for (const { send, verify, asked } of shops) {
        const before = asked.length;
        for (const response of [await send(), await verify()]) {
          expect(await problemOf(response)).toMatchObject({ status: 503, code: 'otp_unavailable' });
        }
        expect(asked).toHaveLength(before);
      }
    } finally {
      storeClient.disconnect();
      await server.stop();
    }
  },
);
