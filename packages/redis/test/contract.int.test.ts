import { describeReplayStore } from '@verified-mobile/core/testing';
import { redisReplayStore } from '@verified-mobile/redis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type RedisCluster, startRedisCluster } from '@verified-mobile/test-support/redis-cluster';
import { REDIS_PROGRAMS, type RedisServer, startServer } from '@verified-mobile/test-support/redis-server';
import { CONNECT, CONNECT_CLUSTER } from './clients.ts';
import { withOldLineage } from './old-lineage.ts';

const KINDS = REDIS_PROGRAMS.flatMap((program) =>
  (['plain', 'compact'] as const).map((layout) => ({ program, layout })),
);

describe.each(KINDS)('$program, $layout layout', ({ program, layout }) => {
  let server: RedisServer;
  let cluster: RedisCluster;
  beforeAll(async () => {
    server = await startServer(program);
    cluster = await startRedisCluster(0, program);
  });
  afterAll(async () => Promise.all([server.stop(), cluster.stop()]));

  describe.each(Object.entries(CONNECT))('by %s', (name, connect) => {
    beforeAll(async () => {
      await server.command('FLUSHALL');
      await withOldLineage(server, layout);
    });
    const createStore = async () => redisReplayStore(await connect(server.port), { layout, timeoutMs: 10_000 });
    describeReplayStore({ describe, it }, { name, createStore });
  });

  describe.each(Object.entries(CONNECT_CLUSTER))('cluster by %s', (name, connect) => {
    beforeAll(async () => {
      for (const node of cluster.nodes) await node.command('FLUSHALL');
      await withOldLineage(cluster.nodes, layout);
    });
    const createStore = async () => redisReplayStore(await connect(...cluster.ports), { layout, timeoutMs: 10_000 });
    describeReplayStore({ describe, it }, { name, createStore });
  });
});
