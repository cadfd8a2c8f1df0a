import type { TokenUse } from '@verified-mobile/core';
import type { RedisServer } from '@verified-mobile/test-support/redis-server';
import { withOldLineage } from '../old-lineage.ts';
import { EACH, type FaultEvent, follow, newUses, outcomesOf, type Stage, useAll } from './stage.ts';

/** Two servers, the second behind the first by a line that can be cut, and an address that leads to the first. */
async function pairOn(stage: Stage) {
  const [first, second] = [await stage.server(), await stage.server()];
  const [line, address] = [await stage.wayTo(first.port), await stage.wayTo(first.port)];
  await follow(second, line.port);
  await withOldLineage(first);
  return { first, second, line, address, store: await stage.storeAt(address.port) };
}

/** Some uses arrive on the replica, and some do not. */
async function useBeforeAndAfterTheCut({ store, first, line }: Awaited<ReturnType<typeof pairOn>>) {
  const arrived = await useAll(store, newUses(EACH));
  await first.command('WAIT', '1', '0');
  await line.stop();
  return [...arrived, ...(await useAll(store, newUses(EACH)))];
}

async function promote(server: RedisServer): Promise<void> {
  await server.command('REPLICAOF', 'NO', 'ONE');
}

/** A server alone, to which something happens. */
function toOneServer(
  name: string,
  settings: readonly string[],
  happen: (server: RedisServer, before: () => Promise<void>) => Promise<void>,
): FaultEvent {
  return {
    name,
    play: async (stage) => {
      const server = await stage.server(...settings);
      await withOldLineage(server);
      const store = await stage.storeAt(server.port);
      const unused = newUses(EACH);
      let used: readonly TokenUse[] = [];
      await happen(server, async () => void (used = [...used, ...(await useAll(store, newUses(EACH)))]));
      return { store, used, unused };
    },
  };
}

/** What happens to a server, and to two. */
export const SERVER_EVENTS: readonly FaultEvent[] = [
  {
    name: 'A replica that lacks uses is promoted',
    play: async (stage) => {
      const pair = await pairOn(stage);
      const unused = newUses(EACH);
      const used = await useBeforeAndAfterTheCut(pair);
      await promote(pair.second);
      pair.address.leadTo(pair.second.port);
      return { store: pair.store, used, unused };
    },
  },
  {
    name: 'The address leads to such a replica before it is promoted',
    play: async (stage) => {
      const { address, second, store, ...pair } = await pairOn(stage);
      const unused = newUses(EACH);
      const used = await useBeforeAndAfterTheCut({ address, second, store, ...pair });
      address.leadTo(second.port);
      // It is asked while it still refuses writes: the store's script is there when it is promoted.
      const { signal } = new AbortController();
      for (const use of newUses(5)) await store.consume(use, { signal }).catch(() => undefined);
      await promote(second);
      return { store, used, unused };
    },
  },
  {
    name: 'Such a replica already has the script, as from Redis 6.2, which replicates scripts',
    play: async (stage) => {
      const { first, second, address, store, ...pair } = await pairOn(stage);
      const unused = newUses(EACH);
      await useAll(store, newUses(1));
      const used = await useBeforeAndAfterTheCut({ first, second, address, store, ...pair });
      const behindSecond = await stage.storeAt(second.port);
      const { signal } = new AbortController();
      for (const use of newUses(5)) await behindSecond.consume(use, { signal }).catch(() => undefined);
      await promote(second);
      address.leadTo(second.port);
      return { store, used, unused };
    },
  },
  {
    name: 'A drill there and back, and then a failover that loses',
    play: async (stage) => {
      const { first, second, address, store } = await pairOn(stage);
      await useAll(store, newUses(1));
      await promote(second);
      await follow(first, second.port);
      address.leadTo(second.port);
      await outcomesOf(store, newUses(1));
      await promote(first);
      const line = await stage.wayTo(first.port);
      await follow(second, line.port);
      address.leadTo(first.port);
      await outcomesOf(store, newUses(1));
      // As if the fence of the drill were long ago.
      await first.command('HSET', '{vm1}lineage', 'fence', '0');
      const unused = newUses(EACH);
      await first.command('WAIT', '1', '0');
      await line.stop();
      const used = await useAll(store, newUses(EACH));
      await promote(second);
      address.leadTo(second.port);
      return { store, used, unused };
    },
  },
  {
    name: 'There and back, with uses lost, and nobody asks the other server',
    play: async (stage) => {
      const { first, second, store, ...pair } = await pairOn(stage);
      const unused = newUses(EACH);
      const used = await useBeforeAndAfterTheCut({ first, second, store, ...pair });
      await promote(second);
      await follow(first, second.port);
      await promote(first);
      return { store, used, unused };
    },
  },
  {
    name: 'Back to the first primary, which never heard of the failover',
    play: async (stage) => {
      const { first, second, line, address, store } = await pairOn(stage);
      const unused = newUses(EACH);
      await useAll(store, newUses(1));
      await line.stop();
      await promote(second);
      address.leadTo(second.port);
      await outcomesOf(store, newUses(1));
      await second.command('HSET', '{vm1}lineage', 'fence', '0');
      const used = await useAll(store, newUses(EACH));
      address.leadTo(first.port);
      return { store, used, unused };
    },
  },
  toOneServer('A restart without data', ['--appendonly', 'no'], async (server, useSome) => {
    await useSome();
    await server.kill();
    await server.start();
  }),
  toOneServer('A restart from an older snapshot', ['--appendonly', 'no'], async (server, useSome) => {
    await useSome();
    await server.command('SAVE');
    await useSome();
    await server.kill();
    await server.start();
  }),
  toOneServer(
    'A restart that lost nothing (`appendfsync always`)',
    ['--appendonly', 'yes', '--appendfsync', 'always'],
    async (server, useSome) => {
      await useSome();
      await server.kill();
      await server.start();
    },
  ),
  toOneServer('`FLUSHALL`', [], async (server, useSome) => {
    await useSome();
    await server.command('FLUSHALL');
  }),
  toOneServer('Eviction, switched on for a while', ['--maxmemory', '50mb'], async (server, useSome) => {
    for (let round = 0; round < 10; round += 1) await useSome();
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    // What is in use may have become less by the time that the limit holds.
    while (!/evicted_keys:[1-9]/.test(await server.command('INFO', 'stats'))) {
      const used = Number(/used_memory:(\d+)/.exec(await server.command('INFO', 'memory'))?.[1]);
      await server.command('CONFIG', 'SET', 'maxmemory', String(used - 20_000));
      await server.command('SET', 'another', 'x'.repeat(1_000)).catch(() => undefined);
    }
    await server.command('CONFIG', 'SET', 'maxmemory', '50mb');
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  }),
  toOneServer('A pause of the server', [], async (server, useSome) => {
    await useSome();
    server.signal('SIGSTOP');
    setTimeout(() => server.signal('SIGCONT'), 500).unref();
  }),
];
