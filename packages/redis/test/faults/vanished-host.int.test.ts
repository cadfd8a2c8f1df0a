import { setTimeout as delay } from 'node:timers/promises';
import type { TokenUse } from '@verified-mobile/core';
import { redisReplayStore, type RedisReplayStoreOptions, type RedisConnection } from '@verified-mobile/redis';
import { startRedisCluster, untilInfoSays } from '@verified-mobile/test-support/redis-cluster';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { startTcpProxy, type TcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { afterEach, describe, expect, it } from 'vitest';
import { CONNECT, CONNECT_CLUSTER, CONNECT_CLUSTER_BY_PROXY } from '../clients.ts';
import { withOldLineage } from '../old-lineage.ts';
import { newUses } from './stage.ts';

/** A host that vanishes resets nothing: its connections stay open, and nothing comes back on them. */
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

async function proxyTo({ port }: RedisServer): Promise<TcpProxy> {
  const proxy = await startTcpProxy(port);
  cleanUp.push(async () => proxy.stop());
  return proxy;
}

async function clusterOf(replicas: number) {
  const cluster = await startRedisCluster(replicas);
  cleanUp.push(async () => cluster.stop());
  await withOldLineage(cluster.nodes);
  return cluster;
}

function openOn(connection: RedisConnection, options: RedisReplayStoreOptions = {}) {
  const store = redisReplayStore(connection, options);
  cleanUp.push(async () => Promise.race([store.close().catch(() => undefined), delay(100)]));
  const outcomeOf = async (use: TokenUse): Promise<string> => {
    const { signal } = new AbortController();
    return store.consume(use, { signal }).then(
      ({ outcome }) => outcome,
      () => 'unavailable',
    );
  };
  const outcomes = async (): Promise<ReadonlySet<string>> => new Set(await Promise.all(newOnes().map(outcomeOf)));
  const isReady = async (): Promise<boolean> =>
    store.ready().then(
      () => true,
      () => false,
    );
  return { outcomeOf, outcomes, isReady };
}

const ALL_PASS = new Set(['first-use']);

const newOnes = (): TokenUse[] => newUses(64, Date.now());
const aUse = (): TokenUse => newOnes()[0]!;

describe.skipIf(!hasRedis)('a Redis that vanished', () => {
  it.each(Object.entries(CONNECT))('is asked again as soon as it is back, over %s', async (_client, connect) => {
    const server = await withOldLineage(await startRedis());
    cleanUp.push(async () => server.stop());
    const proxy = await proxyTo(server);
    const { outcomeOf } = openOn(await connect(proxy.port));
    expect(await outcomeOf(aUse())).toBe('first-use');
    proxy.hang();
    expect(await outcomeOf(aUse())).toBe('unavailable');
    await expect.poll(async () => outcomeOf(aUse()), { interval: 10 }).toBe('first-use');
  });

  it('is asked again by readiness alone: a service that is not ready is sent no request that would', async () => {
    const server = await withOldLineage(await startRedis());
    cleanUp.push(async () => server.stop());
    const proxy = await proxyTo(server);
    const { isReady } = openOn(await CONNECT['npm redis']!(proxy.port), { startTimeoutMs: 250 });
    expect(await isReady()).toBe(true);
    proxy.hang();
    expect(await isReady()).toBe(false);
    await expect.poll(isReady, { interval: 10 }).toBe(true);
  });

  it.each(Object.entries(CONNECT))('is asked again for acknowledgements, too, over %s', async (_client, connect) => {
    const [primary, replica] = [await startRedis('--repl-diskless-sync-delay', '0'), await startRedis()];
    cleanUp.push(
      async () => primary.stop(),
      async () => replica.stop(),
    );
    await replica.command('REPLICAOF', '127.0.0.1', `${primary.port}`);
    await untilInfoSays(replica, 'master_link_status:up', 'INFO', 'replication');
    await withOldLineage(primary);
    const proxy = await proxyTo(primary);
    const acknowledgement = { connection: await connect(proxy.port), replicas: 1 };
    const { outcomeOf } = openOn(await connect(primary.port), { acknowledgement });
    await expect.poll(async () => outcomeOf(aUse()), { interval: 10 }).toBe('first-use');
    proxy.hang();
    expect(await outcomeOf(aUse())).toBe('unavailable');
    await expect.poll(async () => outcomeOf(aUse()), { interval: 10 }).toBe('first-use');
  });
});

describe.skipIf(!hasRedis)('a cluster', () => {
  it.each(Object.entries(CONNECT_CLUSTER_BY_PROXY))(
    'with a server that vanished asks it again as soon as it is back, over %s',
    async (_client, connect) => {
      const { nodes } = await clusterOf(0);
      const proxies = await Promise.all(nodes.map(async (node) => [node.port, await proxyTo(node)] as const));
      const { outcomes } = openOn(await connect(new Map(proxies.map(([named, { port }]) => [named, port]))));
      await expect.poll(outcomes).toEqual(ALL_PASS);
      proxies[1]![1].hang();
      expect(await outcomes()).toEqual(new Set(['first-use', 'unavailable']));
      await expect.poll(outcomes).toEqual(ALL_PASS);
    },
  );

  it.each(Object.entries(CONNECT_CLUSTER))(
    'with a primary that hangs goes on with the replica that took over, over %s',
    async (_client, connect) => {
      const { nodes, ports } = await clusterOf(1);
      const { outcomes } = openOn(await connect(...ports));
      await expect.poll(outcomes).toEqual(ALL_PASS);
      nodes[0]!.signal('SIGSTOP');
      await expect.poll(outcomes).toEqual(ALL_PASS);
    },
  );

  it.each(Object.entries(CONNECT_CLUSTER))(
    'without one of its servers accepts what the others hold, over %s',
    async (_client, connect) => {
      const { nodes, ports } = await clusterOf(0);
      for (const node of nodes) await node.command('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
      const { outcomeOf, outcomes } = openOn(await connect(...ports));
      await expect.poll(outcomes).toEqual(ALL_PASS);
      await nodes[2]!.kill();
      // A third of the tags is lost. The others were never in doubt.
      for (let round = 0; round < 10; round += 1) {
        const now = await Promise.all(newOnes().map(outcomeOf));
        expect(now.filter((outcome) => outcome === 'first-use').length).toBeGreaterThan(30);
      }
    },
  );

  it.each(Object.entries(CONNECT_CLUSTER_BY_PROXY))(
    'is sent a use once, whatever becomes of the answer, over %s',
    async (_client, connect) => {
      const { nodes } = await clusterOf(0);
      const proxies = await Promise.all(nodes.map(async (node) => [node.port, await proxyTo(node)] as const));
      const connection = await connect(new Map(proxies.map(([named, { port }]) => [named, port])));
      const { outcomeOf, outcomes } = openOn(connection, { timeoutMs: 10_000, failuresToOpen: 1_000 });
      await expect.poll(outcomes).toEqual(ALL_PASS);
      for (const [, proxy] of proxies) proxy.loseReplies();
      const uses = newOnes();
      const answers = uses.map(outcomeOf);
      const firstKey = `{vm1${uses[0]!.id[0]}}${uses[0]!.id}`;
      await expect.poll(async () => nodes[0]!.command('-c', 'EXISTS', firstKey), { interval: 5 }).toBe('1');
      for (const [, proxy] of proxies) proxy.reset();
      expect(new Set(await Promise.all(answers))).toEqual(new Set(['unavailable']));
    },
  );
});
