import { setTimeout as delay } from 'node:timers/promises';
import type { TokenUse } from '@verified-mobile/core';
import { ioredis } from '@verified-mobile/redis';
import {
  cutReplication,
  replicaOf,
  startRedisCluster,
  untilInfoSays,
} from '@verified-mobile/test-support/redis-cluster';
import { type RedisServer, startSentinel } from '@verified-mobile/test-support/redis-server';
import { connectBySentinel } from '../clients.ts';
import { withOldLineage } from '../old-lineage.ts';
import { EACH, type FaultEvent, follow, newUses, outcomesOf, type Stage, useAll } from './stage.ts';

/** As if the fences of the drill were long ago. */
async function forgetFences(primary: RedisServer): Promise<void> {
  const keys = (await primary.command('KEYS', '*lineage')).split('\n');
  for (const key of keys) await primary.command('HSET', key, 'fence', '0');
  await primary.command('WAIT', '1', '0');
}

async function untilItLeads(server: RedisServer, ...follower: readonly RedisServer[]): Promise<void> {
  await untilInfoSays(server, 'role:master', 'INFO', 'replication');
  for (const one of follower) await untilInfoSays(one, /role:slave[^]*master_link_status:up/, 'INFO', 'replication');
}

/** An order is accepted before it is known whether the replica is fit: it is given again until it was carried out. */
async function failOver(order: () => Promise<unknown>, to: RedisServer, from: RedisServer): Promise<void> {
  const leads = async (): Promise<boolean> => (await to.command('INFO', 'replication')).includes('role:master');
  for (let round = 0; !(await leads()); round += 1) {
    if (round % 20 === 0) await order().catch(() => undefined);
    await delay(50);
  }
  await untilItLeads(to, from);
}

async function watchedBySentinel(stage: Stage) {
  const [first, second] = [await stage.server(), await stage.server()];
  await follow(second, first.port);
  await withOldLineage(first);
  const sentinel = await startSentinel(first, stage.program);
  stage.afterwards(async () => sentinel.stop());
  await untilInfoSays(sentinel, `${second.port}`, 'SENTINEL', 'REPLICAS', 'payouts');
  const client = await connectBySentinel(sentinel.port);
  stage.afterwards(async () => Promise.resolve(client.disconnect()));
  return { first, second, sentinel, store: stage.storeOn(ioredis(client)) };
}

/** Not while one is under way, nor after it: the next order would lead back. */
async function orderFailover(sentinel: RedisServer, to: RedisServer): Promise<void> {
  const state = await sentinel.command('SENTINEL', 'MASTER', 'payouts');
  if (state.includes('failover_in_progress') || state.split('\n').includes(`${to.port}`)) return;
  await sentinel.command('SENTINEL', 'FAILOVER', 'payouts');
}

async function clusterOn(stage: Stage, replicas: number) {
  const cluster = await startRedisCluster(replicas, stage.program);
  stage.afterwards(async () => cluster.stop());
  await withOldLineage(cluster.nodes);
  const store = await stage.storeOnCluster(...cluster.ports);
  // A first command to each server may find it still connecting.
  await outcomesOf(store, newUses(64));
  return { cluster, store };
}

/** Moves a slot with all its keys, in the steps that every tool takes. */
async function moveSlot(
  slot: string,
  from: RedisServer,
  to: RedisServer,
  halfway: () => Promise<unknown>,
): Promise<void> {
  const [source, target] = [await from.command('CLUSTER', 'MYID'), await to.command('CLUSTER', 'MYID')];
  await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source);
  await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target);
  const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, '1000')).split('\n').filter(Boolean);
  for (const [at, key] of keys.entries()) {
    if (at === Math.floor(keys.length / 2)) await halfway();
    await from.command('MIGRATE', '127.0.0.1', `${to.port}`, key, '0', '5000');
  }
  for (const server of [to, from]) await server.command('CLUSTER', 'SETSLOT', slot, 'NODE', target);
}

/** What happens where Sentinel or a cluster decides who the primary is. */
export const MANAGED_EVENTS: readonly FaultEvent[] = [
  {
    name: 'Sentinel: two failovers by hand, and then a kill that loses',
    clients: ['npm ioredis'],
    play: async (stage) => {
      const { first, second, sentinel, store } = await watchedBySentinel(stage);
      await useAll(store, newUses(1));
      await failOver(async () => orderFailover(sentinel, second), second, first);
      await outcomesOf(store, newUses(1));
      await failOver(async () => orderFailover(sentinel, first), first, second);
      await outcomesOf(store, newUses(1));
      await forgetFences(first);
      const unused = newUses(EACH);
      await cutReplication(first, second);
      const used = await useAll(store, newUses(EACH));
      await first.kill();
      await untilItLeads(second);
      return { store, used, unused };
    },
  },
  {
    name: 'Cluster: `CLUSTER FAILOVER` there and back, and then a failover that loses',
    play: async (stage) => {
      const { cluster, store } = await clusterOn(stage, 1);
      const first = cluster.nodes[0]!;
      const second = await replicaOf(cluster, first);
      for (const [to, from] of [
        [second, first],
        [first, second],
      ] as const) {
        await failOver(async () => to.command('CLUSTER', 'FAILOVER'), to, from);
        await outcomesOf(store, newUses(64));
      }
      for (const primary of cluster.nodes.slice(0, 3)) await forgetFences(primary);
      const unused = newUses(EACH);
      await cutReplication(first, second);
      const used = await useAll(store, newUses(2 * EACH));
      await first.kill();
      await untilItLeads(second);
      return { store, used, unused };
    },
  },
  {
    name: 'Cluster: a slot moves, under load',
    play: async (stage) => {
      const { cluster, store } = await clusterOn(stage, 0);
      const inSlot = (uses: readonly TokenUse[]): TokenUse[] =>
        uses.map((use) => ({ ...use, id: `A${use.id.slice(1)}` }));
      const slot = await cluster.nodes[0]!.command('CLUSTER', 'KEYSLOT', '{vm1A}');
      const at = Math.min(2, Math.floor((Number(slot) * 3) / 16_384));
      const [from, to] = [cluster.nodes[at]!, cluster.nodes[(at + 1) % 3]!];
      const unused = inSlot(newUses(EACH));
      const used = [...(await useAll(store, inSlot(newUses(EACH))))];
      const { signal } = new AbortController();
      await moveSlot(slot, from, to, async () => {
        const again = used.map(async (use) => store.consume({ ...use, operation: 'meanwhile' }, { signal }));
        for (const result of await Promise.allSettled(again)) {
          if (result.status === 'fulfilled' && result.value.outcome === 'first-use') {
            throw new Error('accepted again while the slot moved');
          }
        }
      });
      return { store, used, unused };
    },
  },
];
