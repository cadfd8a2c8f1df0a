import { randomBytes } from 'node:crypto';
import type { ConsumeResult, ReplayStore, TokenUse } from '@verified-mobile/core';
import { nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { untilInfoSays } from '@verified-mobile/test-support/redis-cluster';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { startTcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CONNECT, connectNodeRedis } from '../clients.ts';
import { withOldLineage } from '../old-lineage.ts';

/** Failovers and faults as operators meet them. A use that was answered `first-use` before must never be so again. */
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

function kept<Server extends RedisServer>(server: Server): Server {
  cleanUp.push(async () => server.stop());
  return server;
}

async function proxyTo(port: number) {
  const proxy = await startTcpProxy(port);
  cleanUp.push(async () => proxy.stop());
  return proxy;
}

function newUses(count: number): TokenUse[] {
  const issuedAt = Math.floor(Date.now() / 1000) * 1000 - 1_000;
  return Array.from({ length: count }, () => ({
    id: randomBytes(16).toString('base64url'),
    operation: 'operation-one',
    issuedAt,
    expiresAt: issuedAt + 420_000,
  }));
}

/** Asks until the store can say something. */
async function outcomeOf(store: ReplayStore, use: TokenUse): Promise<ConsumeResult['outcome']> {
  const { signal } = new AbortController();
  for (;;) {
    const result = await store.consume(use, { signal }).catch(() => undefined);
    if (result !== undefined) return result.outcome;
    await new Promise(setImmediate);
  }
}

/** What the store says of each, once it says anything: `first-use` counts the second effects. */
async function outcomesOf(store: ReplayStore, uses: readonly TokenUse[], operation: string) {
  const counts: Partial<Record<ConsumeResult['outcome'], number>> = {};
  for (const use of uses) {
    const outcome = await outcomeOf(store, { ...use, operation });
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

async function follow(replica: RedisServer, port: number): Promise<void> {
  await replica.command('REPLICAOF', '127.0.0.1', `${port}`);
  await untilInfoSays(replica, 'master_link_status:up', 'INFO', 'replication');
}

describe.skipIf(!hasRedis).each(Object.entries(CONNECT))('by %s', (_name, connect) => {
  const openStore = async (port: number): Promise<ReplayStore> => {
    const store = redisReplayStore(await connect(port), { timeoutMs: 2_000, failuresToOpen: 1_000 });
    cleanUp.push(async () => store.close().catch(() => undefined));
    return store;
  };

  it('an address that leads to a replica before it is promoted accepts nothing again', async () => {
    const [primary, replica] = [kept(await startRedis('--repl-diskless-sync-delay', '0')), kept(await startRedis())];
    const [line, address] = [await proxyTo(primary.port), await proxyTo(primary.port)];
    await follow(replica, line.port);
    await withOldLineage(primary);
    const store = await openStore(address.port);
    const [arrived, lost] = [newUses(50), newUses(50)];
    expect(await outcomesOf(store, arrived, 'one')).toEqual({ 'first-use': 50 });
    await primary.command('WAIT', '1', '0');
    await line.stop();
    expect(await outcomesOf(store, lost, 'one')).toEqual({ 'first-use': 50 });
    address.leadTo(replica.port);
    // It is asked while it still refuses writes: the store's script is there when it is promoted.
    const { signal } = new AbortController();
    for (const use of newUses(5))
      await expect(store.consume(use, { signal })).rejects.toMatchObject({ code: 'unavailable' });
    await replica.command('REPLICAOF', 'NO', 'ONE');
    expect(await outcomesOf(store, lost, 'two')).toEqual({ fenced: 50 });
    expect(await outcomesOf(store, arrived, 'two')).toEqual({ used: 50 });
  });

  it('a drill there and back, and then a failover that loses, accepts nothing again', async () => {
    const [first, second] = [
      kept(await startRedis('--repl-diskless-sync-delay', '0')),
      kept(await startRedis('--repl-diskless-sync-delay', '0')),
    ];
    const address = await proxyTo(first.port);
    await follow(second, first.port);
    await withOldLineage(first);
    const store = await openStore(address.port);
    expect(await outcomesOf(store, newUses(5), 'one')).toEqual({ 'first-use': 5 });
    await second.command('REPLICAOF', 'NO', 'ONE');
    await follow(first, second.port);
    address.leadTo(second.port);
    await outcomesOf(store, newUses(1), 'one');
    await first.command('REPLICAOF', 'NO', 'ONE');
    const line = await proxyTo(first.port);
    await follow(second, line.port);
    address.leadTo(first.port);
    await outcomesOf(store, newUses(1), 'one');
    // As if the fence of the drill were long ago.
    await first.command('HSET', '{vm1}lineage', 'fence', '0');
    await first.command('WAIT', '1', '0');
    await line.stop();
    const lost = newUses(50);
    expect(await outcomesOf(store, lost, 'one')).toEqual({ 'first-use': 50 });
    await second.command('REPLICAOF', 'NO', 'ONE');
    address.leadTo(second.port);
    expect(await outcomesOf(store, lost, 'two')).toEqual({ fenced: 50 });
  });
});

describe.skipIf(!hasRedis)('eviction that is switched on while running', () => {
  it('accepts nothing again, of what was evicted and of what was not', async () => {
    const server = kept(await withOldLineage(await startRedis('--maxmemory', '50mb')));
    const store = redisReplayStore(nodeRedis(await connectNodeRedis(server.port)), { timeoutMs: 10_000 });
    cleanUp.push(async () => store.close());
    const uses = newUses(300);
    expect(await outcomesOf(store, uses, 'one')).toEqual({ 'first-use': 300 });
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    const used = Number(/used_memory:(\d+)/.exec(await server.command('INFO', 'memory'))?.[1]);
    await server.command('CONFIG', 'SET', 'maxmemory', String(used - 20_000));
    await server.command('SET', 'another', 'x'.repeat(1_000)).catch(() => undefined);
    await server.command('CONFIG', 'SET', 'maxmemory', '50mb');
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(Number(/evicted_keys:(\d+)/.exec(await server.command('INFO', 'stats'))?.[1])).toBeGreaterThan(0);
    const again = await outcomesOf(store, uses, 'two');
    expect(again['first-use']).toBeUndefined();
    expect(again.fenced).toBeGreaterThan(0);
  });
});

/** Redis cannot be given another clock here, so the service and its issuer are: two clocks differ either way. */
describe.skipIf(!hasRedis)('the clock of Redis', () => {
  afterEach(() => void vi.restoreAllMocks());
  const realTime = Date.now;
  const redisIsOffBy = (seconds: number): void => {
    vi.spyOn(Date, 'now').mockImplementation(() => realTime() - seconds * 1000);
  };
  const open = async () => {
    const server = kept(await withOldLineage(await startRedis()));
    const client = await connectNodeRedis(server.port);
    const store = redisReplayStore(nodeRedis(client), { timeoutMs: 10_000, failuresToOpen: 1_000 });
    cleanUp.push(async () => store.close().catch(() => undefined));
    return { server, store };
  };
  const { signal } = new AbortController();

  it.each([-50, 0, 50])('%i s off at an empty restart vouches for nothing of before', async (seconds) => {
    redisIsOffBy(seconds);
    const { server, store } = await open();
    const uses = newUses(20);
    expect(await outcomesOf(store, uses, 'one')).toEqual({ 'first-use': 20 });
    await server.kill();
    await server.start();
    expect(await outcomesOf(store, uses, 'two')).toEqual({ fenced: 20 });
  });

  it.each([-300, -130, 130])('%i s off at an empty restart is an outage until it is right', async (seconds) => {
    const { server, store } = await open();
    const uses = newUses(20);
    expect(await outcomesOf(store, uses, 'one')).toEqual({ 'first-use': 20 });
    await server.kill();
    await server.start();
    redisIsOffBy(seconds);
    await expect
      .poll(async () => store.consume(uses[0]!, { signal }).catch(faultOf), { interval: 10 })
      .toContain('VMCLOCK');
    redisIsOffBy(0);
    expect(await outcomesOf(store, uses, 'two')).toEqual({ fenced: 20 });
  });

  it('a day ahead is an outage while it is, named by ready(), and refuses nothing afterwards', async () => {
    const { store } = await open();
    expect(await outcomesOf(store, newUses(5), 'one')).toEqual({ 'first-use': 5 });
    redisIsOffBy(86_400);
    expect(await store.consume(newUses(1)[0]!, { signal }).catch(faultOf)).toContain('VMCLOCK');
    await expect(store.ready?.()).rejects.toThrow('Keep both with NTP.');
    redisIsOffBy(0);
    expect(await outcomesOf(store, newUses(5), 'one')).toEqual({ 'first-use': 5 });
  });
});

function faultOf(error: unknown): string {
  return String((error as Error).cause);
}
