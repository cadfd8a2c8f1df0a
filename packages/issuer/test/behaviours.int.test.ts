import { createClient } from 'redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';
import type { OtpStore } from '@verified-mobile/issuer';
import { redisOtpStore, type RedisClient } from '@verified-mobile/issuer/redis';
import { hasRedis, type RedisServer, startRedis } from '../../../.config/testing/redis-server.ts';
import type { Engine } from './behaviours/engine.ts';
import { describeSendLimits, describeSends } from './behaviours/sending.ts';
import { describeFailures, describeVerification } from './behaviours/verifying.ts';

describe.skipIf(!hasRedis)('on Redis', () => {
  let server: RedisServer;
  const clients: RedisClient[] = [];
  const closers: (() => void)[] = [];
  let opened = 0;

  beforeAll(async () => {
    server = await startRedis();
    const nodeRedis = createClient({ url: server.url });
    await nodeRedis.connect();
    const ioRedis = new Redis(server.port, '127.0.0.1');
    clients.push(nodeRedis, ioRedis);
    closers.push(
      () => nodeRedis.destroy(),
      () => ioRedis.disconnect(),
    );
  });
  afterAll(async () => {
    closers.forEach((close) => close());
    await server?.stop();
  });

  for (const nodes of [1, 3]) {
    const engine: Engine = {
      name: `redis, ${nodes} node${nodes > 1 ? 's' : ''}`,
      nodes,
      async openStores(count): Promise<OtpStore[]> {
        opened += 1;
        const keyPrefix = `{test-${opened}}:`;
        return Array.from({ length: count }, (_, node) =>
          redisOtpStore(clients[(opened + node) % clients.length]!, { keyPrefix }),
        );
      },
    };
    describeSendLimits(engine);
    describeSends(engine);
    describeVerification(engine);
    describeFailures(engine);
  }
});
