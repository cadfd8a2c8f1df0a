import { describeReplayStore } from '@verified-mobile/core/testing';
import { redisReplayStore } from '@verified-mobile/redis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type RedisCluster, startRedisCluster } from '@verified-mobile/test-support/redis-cluster';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { CONNECT, CONNECT_CLUSTER } from './clients.ts';
import { withOldLineage } from './old-lineage.ts';

const LAYOUTS = ['plain', 'compact'] as const;

describe.skipIf(!hasRedis).each(LAYOUTS)('%s layout', (layout) => {
  describe.each(Object.entries(CONNECT))('Redis by %s', (name, connect) => {
    let server: RedisServer;
    beforeAll(async () => void (server = await withOldLineage(await startRedis(), layout)));
    afterAll(async () => server.stop());
    const createStore = async () => redisReplayStore(await connect(server.port), { layout, timeoutMs: 10_000 });
    describeReplayStore({ describe, it }, { name, createStore });
  });
});

describe.skipIf(!hasRedis).each(LAYOUTS)('%s layout', (layout) => {
  describe.each(Object.entries(CONNECT_CLUSTER))('Redis Cluster by %s', (name, connect) => {
    let cluster: RedisCluster;
    beforeAll(async () => {
      cluster = await startRedisCluster();
      await withOldLineage(cluster.nodes, layout);
    });
    afterAll(async () => cluster.stop());
    const createStore = async () => redisReplayStore(await connect(...cluster.ports), { layout, timeoutMs: 10_000 });
    describeReplayStore({ describe, it }, { name, createStore });
  });
});
