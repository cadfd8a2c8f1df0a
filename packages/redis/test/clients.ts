import { once } from 'node:events';
import { ioredis, ioredisCluster, nodeRedis, nodeRedisCluster, type RedisConnection } from '@verified-mobile/redis';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';

const HOST = '127.0.0.1';
const IOREDIS = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false, retryStrategy: () => 20 } as const;

/** Connections made as the documentation says to make them. */
export const CONNECT: Readonly<Record<string, (...ports: readonly number[]) => Promise<RedisConnection>>> = {
  'npm redis': async (port) => nodeRedis(await connectNodeRedis(port)),
  'npm ioredis': async (port) => ioredis(await connectIoredis(port)),
};

export const CONNECT_CLUSTER: typeof CONNECT = {
  'npm redis': async (...ports) => connectNodeRedisCluster(ports),
  'npm ioredis': async (...ports) => connectIoredisCluster(ports),
};

/** As above, by way of a proxy in front of each server: from the port that the cluster names to the proxy's. */
export const CONNECT_CLUSTER_BY_PROXY: Readonly<
  Record<string, (detour: ReadonlyMap<number, number>) => Promise<RedisConnection>>
> = {
  'npm redis': async (detour) => connectNodeRedisCluster([...detour.values()], detour),
  'npm ioredis': async (detour) => connectIoredisCluster([...detour.values()], detour),
};

async function connectNodeRedisCluster(
  ports: readonly number[],
  detour: ReadonlyMap<number, number> = new Map(),
): Promise<RedisConnection> {
  const rootNodes = ports.map((port) => ({ socket: { host: HOST, port } }));
  const nodeAddressMap = (address: string) => {
    const named = Number(address.split(':').at(-1));
    return { host: HOST, port: detour.get(named) ?? named };
  };
  const cluster = createCluster({
    rootNodes,
    nodeAddressMap,
    defaults: { disableOfflineQueue: true, socket: { reconnectStrategy: 50 } },
  });
  cluster.on('error', () => undefined);
  await cluster.connect();
  return nodeRedisCluster(cluster);
}

async function connectIoredisCluster(
  ports: readonly number[],
  detour: ReadonlyMap<number, number> = new Map(),
): Promise<RedisConnection> {
  const { enableOfflineQueue, ...redisOptions } = IOREDIS;
  const nodes = ports.map((port) => ({ host: HOST, port }));
  const natMap = Object.fromEntries([...detour].map(([named, port]) => [`${HOST}:${named}`, { host: HOST, port }]));
  const cluster = new Cluster(nodes, { enableOfflineQueue, redisOptions, clusterRetryStrategy: () => 50, natMap });
  cluster.on('error', () => undefined);
  await once(cluster, 'ready');
  return ioredisCluster(cluster);
}

export async function connectNodeRedis(port: number) {
  const client = createClient({ socket: { host: HOST, port, reconnectStrategy: 20 }, disableOfflineQueue: true });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function connectIoredis(port: number): Promise<Redis> {
  const client = new Redis({ port, host: HOST, ...IOREDIS });
  client.on('error', () => undefined);
  await once(client, 'ready');
  return client;
}

/** The primary that Sentinel names `payouts`. */
export async function connectBySentinel(port: number): Promise<Redis> {
  const sentinels = [{ host: HOST, port }];
  const client = new Redis({ sentinels, name: 'payouts', sentinelRetryStrategy: () => 20, ...IOREDIS });
  client.on('error', () => undefined);
  await once(client, 'ready');
  return client;
}
