import { once } from 'node:events';
import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { OtpStore } from '@verified-mobile/issuer';
import {
  ioredisCluster,
  nodeRedisCluster,
  type RedisConnection,
  redisOtpStore,
  redisOutbox,
} from '@verified-mobile/issuer/redis';
import { describeOtpStore, describeOutbox } from '@verified-mobile/issuer/testing';
import { type RedisCluster, startRedisCluster } from '@verified-mobile/test-support/redis-cluster';
import { hasRedis } from '@verified-mobile/test-support/redis-server';

const HOST = '127.0.0.1';

describe.skipIf(!hasRedis)('on a Redis Cluster', () => {
  let cluster: RedisCluster;
  const connections: RedisConnection[] = [];

  beforeAll(async () => {
    cluster = await startRedisCluster();
    connections.push(await connectNodeRedis(cluster.ports), await connectIoredis(cluster.ports));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(connections.map(async ({ close }) => close()));
    await cluster?.stop();
  });

  describeOtpStore(
    { describe, it },
    {
      name: 'by both clients',
      async createStores(nodes): Promise<OtpStore[]> {
        const stores = Array.from({ length: nodes }, (_, node) =>
          redisOtpStore(connections[node % connections.length]!),
        );
        await Promise.all(stores.map(async (store) => store.ready?.()));
        return stores;
      },
    },
  );

  describeOutbox(
    { describe, it },
    {
      name: 'by both clients',
      createOutboxes: async (nodes) =>
        Array.from({ length: nodes }, (_, node) => redisOutbox(connections[node % connections.length]!)),
    },
  );
});

async function connectNodeRedis(ports: readonly number[]): Promise<RedisConnection> {
  const rootNodes = ports.map((port) => ({ socket: { host: HOST, port } }));
  const cluster = createCluster({ rootNodes, defaults: { disableOfflineQueue: true } });
  cluster.on('error', () => undefined);
  await cluster.connect();
  return nodeRedisCluster(cluster);
}

async function connectIoredis(ports: readonly number[]): Promise<RedisConnection> {
  const nodes = ports.map((port) => ({ host: HOST, port }));
  const redisOptions = { autoResendUnfulfilledCommands: false };
  const cluster = new Cluster(nodes, { enableOfflineQueue: false, redisOptions });
  cluster.on('error', () => undefined);
  await once(cluster, 'ready');
  return ioredisCluster(cluster);
}
