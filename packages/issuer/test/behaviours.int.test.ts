import { createClient } from 'redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { ReplayStore } from '@verified-mobile/core';
import type { OtpStore } from '@verified-mobile/issuer';
import { ioredis, nodeRedis, type RedisConnection, redisOtpStore } from '@verified-mobile/issuer/redis';
import { describeOtpStore } from '@verified-mobile/issuer/testing';
import { redisReplayStore } from '@verified-mobile/redis';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import type { Engine } from './behaviours/engine.ts';
import { describeConsumption } from './behaviours/consuming.ts';
import { describePendingCodes } from './behaviours/pending.ts';
import { describeQuotas } from './behaviours/quotas.ts';
import { describeSendLimits, describeSends } from './behaviours/sending.ts';
import { describeSigning } from './behaviours/signing.ts';
import { describeSessions } from './behaviours/sessions.ts';
import { describeFailures, describeVerification } from './behaviours/verifying.ts';

describe.skipIf(!hasRedis)('on Redis', () => {
  let server: RedisServer;
  const connections: RedisConnection[] = [];
  const closers: (() => void)[] = [];
  let opened = 0;
  let openReplayStore: () => Promise<ReplayStore>;

  beforeAll(async () => {
    server = await startRedis();
    const client = createClient({ url: server.url, disableOfflineQueue: true });
    await client.connect();
    openReplayStore = async () => {
      const replayStore = redisReplayStore(nodeRedis(client), { timeoutMs: 10_000, issuerClockToleranceSeconds: 0 });
      await replayStore.ready();
      return replayStore;
    };
    const settings = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false, lazyConnect: true };
    const ioRedis = new Redis(server.port, '127.0.0.1', settings);
    await ioRedis.connect();
    connections.push(nodeRedis(client), ioredis(ioRedis));
    closers.push(
      () => client.destroy(),
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
      openReplayStore: async () => openReplayStore(),
      async openStores(count): Promise<OtpStore[]> {
        opened += 1;
        const keyPrefix = `{test-${opened}}:`;
        return Array.from({ length: count }, (_, node) =>
          redisOtpStore(connections[(opened + node) % connections.length]!, { keyPrefix, timeoutMs: 30_000 }),
        );
      },
    };
    describeSendLimits(engine);
    describeQuotas(engine);
    describeSends(engine);
    describePendingCodes(engine);
    describeVerification(engine);
    describeFailures(engine);
    describeSessions(engine);
    describeConsumption(engine);
    describeSigning(engine);
  }

  describeOtpStore(
    { describe, it },
    {
      name: 'redis, by both clients',
      createStores: async (nodes) =>
        Array.from({ length: nodes }, (_, node) => redisOtpStore(connections[node % connections.length]!)),
    },
  );
});
