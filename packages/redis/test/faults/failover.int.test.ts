import { setTimeout as delay } from 'node:timers/promises';
import type { ReplayStore } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { ioredis, nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { afterEach, describe, expect, it } from 'vitest';
import { type Invocation, requireLegal } from '@verified-mobile/test-support/history';
import { startRedisCluster, untilInfoSays } from '@verified-mobile/test-support/redis-cluster';
import { hasRedis, type RedisServer, startRedis, startSentinel } from '@verified-mobile/test-support/redis-server';
import { startTcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { CONNECT, CONNECT_CLUSTER, connectBySentinel, connectNodeRedis } from '../clients.ts';
import { type Gate, guardGate, present } from './gate.ts';
import { withOldLineage } from '../old-lineage.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

const issuer = createTestIssuer();
let minted = 0;
function mint(): { id: string; token: string } {
  const id = `token-${(minted += 1)}`;
  const iat = Math.floor(Date.now() / 1000) - 1;
  return { id, token: issuer.mint({ claims: { jti: id, iat, exp: iat + 300 } }) };
}

async function server(...settings: string[]): Promise<RedisServer> {
  const started = await startRedis(...settings);
  cleanUp.push(async () => started.stop());
  return started;
}

/** A primary, a replica that follows it through a line that can be cut, and an address that leads to the primary. */
async function pair() {
  const [primary, replica] = [await server('--repl-diskless-sync-delay', '0'), await server()];
  const [line, address] = [await startTcpProxy(primary.port), await startTcpProxy(primary.port)];
  cleanUp.push(
    async () => line.stop(),
    async () => address.stop(),
  );
  await replica.command('REPLICAOF', '127.0.0.1', `${line.port}`);
  await untilInfoSays(replica, 'master_link_status:up', 'INFO', 'replication');
  // A first replica gives its primary another replication id, and so another lineage.
  await withOldLineage(primary);
  return { primary, replica, line, address };
}

async function openStore(port: number, options = {}): Promise<ReplayStore> {
  const store = redisReplayStore(nodeRedis(await connectNodeRedis(port)), options);
  cleanUp.push(async () => store.close().catch(() => undefined));
  return store;
}

async function untilKnown(gate: Gate, history: Invocation[], use: Parameters<typeof present>[2]): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  while ((await present(gate, history, use)) === 'unknown') {
    if (Date.now() > giveUpAt) throw new Error('the store never came back');
    await delay(5);
  }
}

/** Uses fresh tokens, and those of before by another operation, until the fault is over. */
async function load(gates: readonly Gate[], history: Invocation[], fault: Promise<unknown>): Promise<void> {
  const state = { over: false };
  const ended = fault.finally(() => (state.over = true));
  const used: { id: string; token: string }[] = [];
  for (let turn = 0; !state.over; turn += 1) {
    const [gate, other] = [gates[turn % gates.length]!, gates[(turn + 1) % gates.length]!];
    const use = mint();
    used.push(use);
    const replayed = used[Math.floor(turn / 2)]!;
    await Promise.all([
      present(gate, history, { ...use, operation: 'one', process: 'a' }),
      present(other, history, { ...use, operation: 'two', process: 'b' }),
      present(other, history, { ...replayed, operation: 'three', process: 'b' }),
    ]);
    await delay(2);
  }
  await ended;
  for (const use of used) await untilKnown(gates[0]!, history, { ...use, operation: 'four', process: 'a' });
}

describe.skipIf(!hasRedis)('a failover', () => {
  it('by Sentinel, under load, makes no second effect', async () => {
    const { primary, replica } = await pair();
    await replica.command('REPLICAOF', '127.0.0.1', `${primary.port}`);
    await untilInfoSays(replica, 'master_link_status:up', 'INFO', 'replication');
    const sentinel = await startSentinel(primary);
    cleanUp.push(async () => sentinel.stop());
    await untilInfoSays(sentinel, `${replica.port}`, 'SENTINEL', 'REPLICAS', 'payouts');
    const client = await connectBySentinel(sentinel.port);
    const store = redisReplayStore(ioredis(client));
    cleanUp.push(() => client.disconnect());
    const history: Invocation[] = [];
    const fault = delay(100)
      .then(async () => primary.kill())
      .then(async () => untilInfoSays(replica, 'role:master', 'INFO', 'replication'));
    await load([guardGate(issuer, store)], history, fault);
    requireLegal(history, 'none', { refusedRetries: true });
    expect(history.filter(({ outcome }) => outcome === 'accepted').length).toBeGreaterThan(0);
  });

  it('of a node of a cluster, under load, makes no second effect', async () => {
    const cluster = await startRedisCluster(1);
    cleanUp.push(async () => cluster.stop());
    await withOldLineage(cluster.nodes);
    const connections = await Promise.all(Object.values(CONNECT_CLUSTER).map(async (open) => open(...cluster.ports)));
    const gates = connections.map((connection) => guardGate(issuer, redisReplayStore(connection)));
    cleanUp.push(...connections.map((connection) => async () => connection.close().catch(() => undefined)));
    const history: Invocation[] = [];
    const [first, ...others] = cluster.nodes;
    const fault = delay(100).then(async () => {
      await first!.kill();
      await untilInfoSays(others[0]!, 'cluster_state:fail', 'CLUSTER', 'INFO').catch(() => undefined);
      await untilInfoSays(others[0]!, 'cluster_state:ok', 'CLUSTER', 'INFO');
    });
    await load(gates, history, fault);
    requireLegal(history, 'none', { refusedRetries: true });
    expect(history.filter(({ outcome }) => outcome === 'accepted').length).toBeGreaterThan(0);
  });
});

describe.skipIf(!hasRedis)('acknowledgement by replicas', () => {
  it('refuses while a replica hangs, stalls nobody else, and recovers', async () => {
    const { primary, replica } = await pair();
    const connection = nodeRedis(await connectNodeRedis(primary.port));
    const acknowledgement = { connection, replicas: 1, timeoutMs: 2_000 };
    const store = await openStore(primary.port, { acknowledgement, timeoutMs: 10_000 });
    const other = await openStore(primary.port, { timeoutMs: 10_000 });
    const gate = guardGate(issuer, store);
    const history: Invocation[] = [];
    const [before, during] = [mint(), mint()];
    expect(await present(gate, history, { ...before, operation: 'one', process: 'a' })).toBe('accepted');
    replica.signal('SIGSTOP');
    const hanging = present(gate, history, { ...during, operation: 'one', process: 'a' });
    const free = await present(guardGate(issuer, other), history, { ...mint(), operation: 'one', process: 'b' });
    expect(free).toBe('accepted');
    expect(await hanging).toBe('unknown');
    replica.signal('SIGCONT');
    await untilKnown(gate, history, { ...during, operation: 'one', process: 'a' });
    await untilKnown(gate, history, { ...during, operation: 'two', process: 'a' });
    requireLegal(history, 'none');
    expect(history.at(-2)).toMatchObject({ outcome: 'accepted', retry: true });
  });

  it.each(Object.entries(CONNECT))(
    'over %s recovers from a connection that is lost while it waits',
    async (_client, connect) => {
      const { primary, replica } = await pair();
      const acknowledgement = { connection: await connect(primary.port), replicas: 1, timeoutMs: 1_000 };
      const store = await openStore(primary.port, { acknowledgement, timeoutMs: 2_000, failuresToOpen: 100 });
      const gate = guardGate(issuer, store);
      const history: Invocation[] = [];
      expect(await present(gate, history, { ...mint(), operation: 'one', process: 'a' })).toBe('accepted');
      replica.signal('SIGSTOP');
      const token = mint();
      const hanging = present(gate, history, { ...token, operation: 'one', process: 'a' });
      await expect.poll(async () => primary.command('CLIENT', 'LIST'), { interval: 5 }).toMatch(/flags=b.* cmd=wait/);
      await primary.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      replica.signal('SIGCONT');
      expect(await hanging).toBe('unknown');
      await untilKnown(gate, history, { ...token, operation: 'one', process: 'a' });
      requireLegal(history, 'none');
      expect(history.at(-1)).toMatchObject({ outcome: 'accepted', retry: true });
    },
  );
});
