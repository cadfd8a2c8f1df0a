import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { OtpStore } from '@verified-mobile/issuer';
import {
  ioredis,
  ioredisCluster,
  nodeRedis,
  nodeRedisCluster,
  type RedisConnection,
  redisOtpStore,
} from '@verified-mobile/issuer/redis';
import { type RedisCluster, startRedisCluster, untilInfoSays } from '@verified-mobile/test-support/redis-cluster';
import { type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { startTcpProxy, type TcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { type IssuerUnderTest, issuerUnderTest } from './issuer-under-test.ts';

const HOST = '127.0.0.1';
const IOREDIS = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false, retryStrategy: () => 20 } as const;

type Wrap = (connection: RedisConnection) => RedisConnection;

/** Servers, and an issuer of two nodes on them, one by each client. All is taken away together, the last first. */
export class LineageStage {
  /** What happens on the way to the store, before it is asked. */
  readonly before: { commitSend?: () => Promise<void>; consume?: () => Promise<void> } = {};
  readonly #wrap: Wrap;
  readonly #steps: (() => unknown)[] = [];
  readonly #stores: OtpStore[] = [];

  constructor(wrap: Wrap = (connection) => connection) {
    this.#wrap = wrap;
  }

  async clear(): Promise<void> {
    for (const step of this.#steps.toReversed()) await step();
  }

  async server(...settings: string[]): Promise<RedisServer> {
    const server = await startRedis('--repl-diskless-sync-delay', '0', ...settings);
    this.#steps.push(async () => server.stop());
    return server;
  }

  async cluster(): Promise<RedisCluster> {
    const cluster = await startRedisCluster(1);
    this.#steps.push(async () => cluster.stop());
    return cluster;
  }

  /** An address that leads to this port, until it is led elsewhere. */
  async addressOf(port: number): Promise<TcpProxy> {
    const address = await startTcpProxy(port);
    this.#steps.push(async () => address.stop());
    return address;
  }

  async issuerAt(port: number): Promise<IssuerUnderTest> {
    const client = createClient({ socket: { port, host: HOST, reconnectStrategy: 20 }, disableOfflineQueue: true });
    client.on('error', () => undefined);
    await client.connect();
    const ioRedis = new Redis({ port, host: HOST, ...IOREDIS });
    ioRedis.on('error', () => undefined);
    await once(ioRedis, 'ready');
    this.#steps.push(
      () => client.destroy(),
      () => ioRedis.disconnect(),
    );
    return this.#issuerOn(nodeRedis(client), ioredis(ioRedis));
  }

  async issuerOn({ ports }: RedisCluster): Promise<IssuerUnderTest> {
    const rootNodes = ports.map((port) => ({ socket: { host: HOST, port } }));
    const defaults = { disableOfflineQueue: true, socket: { reconnectStrategy: 50 } };
    const cluster = createCluster({ rootNodes, defaults });
    cluster.on('error', () => undefined);
    await cluster.connect();
    const { enableOfflineQueue, ...redisOptions } = IOREDIS;
    const nodes = ports.map((port) => ({ host: HOST, port }));
    const ioCluster = new Cluster(nodes, { enableOfflineQueue, redisOptions, clusterRetryStrategy: () => 50 });
    ioCluster.on('error', () => undefined);
    await once(ioCluster, 'ready');
    this.#steps.push(
      () => cluster.destroy(),
      () => ioCluster.disconnect(),
    );
    return this.#issuerOn(nodeRedisCluster(cluster), ioredisCluster(ioCluster));
  }

  /** Until every node reaches a server again. What is asked for that has no part in any lineage. */
  async untilReached(): Promise<void> {
    for (const store of this.#stores) {
      const isReached = async (): Promise<boolean> =>
        store.usage('nobody', ['2026-05-22']).then(
          () => true,
          () => false,
        );
      while (!(await isReached())) await delay(10);
    }
  }

  #issuerOn(...connections: readonly RedisConnection[]): IssuerUnderTest {
    const stores = connections.map((connection) => redisOtpStore(this.#wrap(connection), { timeoutMs: 5_000 }));
    this.#stores.push(...stores);
    const interrupted = stores.map((store) => this.#interrupted(store));
    return issuerUnderTest({ onFault: () => undefined }, interrupted);
  }

  #interrupted(store: OtpStore): OtpStore {
    return {
      ...store,
      commitSend: async (...args) => {
        await this.before.commitSend?.();
        return store.commitSend(...args);
      },
      consume: async (...args) => {
        await this.before.consume?.();
        return store.consume(...args);
      },
    };
  }
}

export async function follow(replica: RedisServer, { port }: RedisServer): Promise<void> {
  await replica.command('REPLICAOF', HOST, `${port}`);
  await untilInfoSays(replica, 'master_link_status:up', 'INFO', 'replication');
}

export async function promote(replica: RedisServer): Promise<void> {
  await replica.command('REPLICAOF', 'NO', 'ONE');
}

/** Until the replica has all that was written. `WAIT` would not do: it looks at the writes of its own connection. */
export async function untilCaughtUp(replica: RedisServer, primary: RedisServer): Promise<void> {
  const offsetOf = async (server: RedisServer, role: string): Promise<number> =>
    Number(new RegExp(`${role}_repl_offset:(\\d+)`).exec(await server.command('INFO', 'replication'))?.[1]);
  const written = await offsetOf(primary, 'master');
  while (!((await offsetOf(replica, 'slave')) >= written)) await delay(10);
}
