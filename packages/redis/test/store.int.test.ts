import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ConsumeResult, ReplayStore, TokenUse } from '@verified-mobile/core';
import { nodeRedis, redisReplayStore, type RedisReplayStoreOptions } from '@verified-mobile/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { standStill } from '@verified-mobile/test-support/stand-still';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { connectNodeRedis } from './clients.ts';
import { withOldLineage } from './old-lineage.ts';

/** `pnpm test:soak` lets Redis hang for longer. */
const PAUSE_MS = Number(process.env['SOAK_PAUSE_MS'] ?? 500);

let server: RedisServer;
const closeAfterTest: (() => Promise<void>)[] = [];

async function open(options?: RedisReplayStoreOptions, port = server.port) {
  const store = redisReplayStore(nodeRedis(await connectNodeRedis(port)), { timeoutMs: 10_000, ...options });
  closeAfterTest.push(async () => store.close());
  return store;
}

function newUse(changes: Partial<TokenUse> = {}): TokenUse {
  return {
    id: randomBytes(16).toString('base64url'),
    operation: 'operation-one',
    issuedAt: Date.now() - 10_000,
    expiresAt: Date.now() + 410_000,
    ...changes,
  };
}

async function consume(store: ReplayStore, use: TokenUse): Promise<ConsumeResult['outcome']> {
  return (await store.consume(use, { signal: new AbortController().signal })).outcome;
}

describe.skipIf(!hasRedis)('the Redis store', () => {
  beforeEach(async () => void (server = await withOldLineage(await startRedis('--maxmemory', '50mb'))));
  afterEach(async () => {
    await Promise.all(closeAfterTest.splice(0).map(async (close) => close().catch(() => undefined)));
    await server.stop();
  });

  describe('the server', () => {
    const EVICTING = [
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
    ];

    it.each([...EVICTING, 'volatile-ttl'])('is refused with maxmemory-policy %s, also by a use', async (policy) => {
      await server.command('CONFIG', 'SET', 'maxmemory-policy', policy);
      const store = await open();
      await expect(store.ready()).rejects.toMatchObject({ code: 'invalid_configuration' });
      await expect(store.ready()).rejects.toThrow(/noeviction/);
      await expect(consume(store, newUse())).rejects.toMatchObject({ code: 'unavailable' });
    });

    it('answers 503 and forgets nothing when its memory is full', async () => {
      const store = await open();
      const use = newUse();
      expect(await consume(store, use)).toBe('first-use');
      await server.command('CONFIG', 'SET', 'maxmemory', '1');
      await expect(consume(store, newUse())).rejects.toMatchObject({ code: 'unavailable' });
      expect(await consume(store, { ...use, operation: 'operation-two' })).toBe('used');
    });

    it('is refused where ids lie in another layout', async () => {
      await (await open()).ready();
      const other = await open({ layout: 'compact' });
      await expect(other.ready()).rejects.toThrow(/same `layout`/);
      await expect(consume(other, newUse())).rejects.toMatchObject({ code: 'unavailable' });
    });

    it('is refused where the user may not run scripts', async () => {
      await server.command('ACL', 'SETUSER', 'default', '-eval', '-evalsha');
      await expect((await open()).ready()).rejects.toThrow(/EVALSHA/);
    });
  });

  describe('the fence', () => {
    it('holds ready() back on an empty server until new tokens can be vouched for', async () => {
      await server.command('FLUSHALL');
      const store = await open({ issuerClockToleranceSeconds: 1 });
      expect(await consume(store, newUse({ issuedAt: Date.now() }))).toBe('fenced');
      await store.ready();
      expect(await consume(store, newUse({ issuedAt: Math.floor(Date.now() / 1000) * 1000 }))).toBe('first-use');
    });

    it('refuses tokens of an issuer whose clock is ahead, after the memory was lost', async () => {
      const store = await open();
      const use = newUse({ issuedAt: Date.now() + 4_000 });
      expect(await consume(store, use)).toBe('first-use');
      await server.command('FLUSHALL');
      expect(await consume(store, { ...use, operation: 'operation-two' })).toBe('fenced');
    });

    it('goes up when a server from before a failover answers a client that has seen the other', async () => {
      const store = await open();
      const seenElsewhere = newUse();
      await store.ready();
      await server.command('HSET', '{vm1}lineage', 'heads', `${'0'.repeat(16)}:1,,`, 'fence', '0', 'latest', '0');
      expect(await consume(store, seenElsewhere)).toBe('fenced');
    });

    it('is one for all clients: the second one to see a restart fences nothing more', async () => {
      const [here, there] = [await open(), await open()];
      for (const store of [here, there]) await consume(store, newUse());
      await server.command('FLUSHALL');
      expect(await consume(here, newUse())).toBe('fenced');
      const fence = await server.command('HGET', '{vm1}lineage', 'fence');
      expect(await consume(there, newUse())).toBe('fenced');
      expect(await server.command('HGET', '{vm1}lineage', 'fence')).toBe(fence);
    });

    it('refuses what ran out while the clock of the server was ahead', async () => {
      const store = await open();
      const use = newUse();
      expect(await consume(store, use)).toBe('first-use');
      // What a clock leaves behind that stepped 500 s ahead and came back: a later time seen, and the id run out.
      await server.command('HSET', '{vm1}lineage', 'latest', String(Date.now() + 500_000));
      await server.command('DEL', `{vm1}${use.id}`);
      expect(await consume(store, { ...use, operation: 'operation-two' })).toBe('fenced');
    });

    it('answers with an error where the clocks are too far apart to remember an id long enough', async () => {
      await expect(consume(await open(), newUse({ expiresAt: Date.now() + 700_000 }))).rejects.toMatchObject({
        cause: { message: expect.stringContaining('VMCLOCK') as string },
      });
    });
  });

  describe('the circuit', () => {
    it('answers in time while Redis hangs, then at once, and closes by itself', async () => {
      const store = await open({ timeoutMs: 100, failuresToOpen: 3, probeIntervalMs: 20 });
      await store.ready();
      const use = newUse();
      server.signal('SIGSTOP');
      const attempts = Array.from({ length: 64 }, async () =>
        consume(store, use).catch((error: Error) => error.message),
      );
      expect(new Set(await Promise.all(attempts))).toEqual(new Set(['Redis cannot say whether a token was used.']));
      // Redis still hangs: it was the deadline that answered. Now the circuit does, within the turn of the event loop.
      for (let call = 0; call < 100; call += 1) {
        const refused = consume(store, newUse()).catch((error: Error) => error.message);
        const nextTurn = new Promise((resolve) => void setImmediate(resolve, 'asked'));
        expect(await Promise.race([refused, nextTurn])).toBe('Redis failed several times in a row and is not asked.');
      }
      server.signal('SIGCONT');
      await expect.poll(async () => consume(store, use).catch(() => 'open'), { interval: 5 }).toBe('same-operation');
    });

    it(
      'refuses every use, 64 at a time, while Redis hangs',
      async () => {
        const store = await open({ timeoutMs: 100, failuresToOpen: 1_000, probeIntervalMs: 20 });
        await store.ready();
        server.signal('SIGSTOP');
        const lag = monitorEventLoopDelay({ resolution: 1 });
        lag.enable();
        const outcomes = new Set<unknown>();
        const durations: number[] = [];
        const endAt = performance.now() + PAUSE_MS;
        const worker = async (): Promise<void> => {
          do {
            const startedAt = performance.now();
            outcomes.add(await consume(store, newUse()).catch(({ code }: { code: string }) => code));
            durations.push(performance.now() - startedAt);
            await new Promise(setImmediate);
          } while (performance.now() < endAt);
        };
        await Promise.all(Array.from({ length: 64 }, worker));
        lag.disable();
        // Redis hangs to this moment: it was the deadline that answered.
        server.signal('SIGCONT');
        expect(outcomes).toEqual(new Set(['unavailable']));
        printDurations(durations, lag.percentile(99) / 1e6);
      },
      120_000 + PAUSE_MS,
    );

    it('counts nothing as a failure because this process stood still while Redis answered', async () => {
      const store = await open({ timeoutMs: 100, failuresToOpen: 1 });
      await consume(store, newUse());
      const uses = Array.from({ length: 100 }, async () =>
        consume(store, newUse()).catch((error: Error) => error.message),
      );
      // The client writes in the next turn.
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      standStill(1_000);
      expect(new Set(await Promise.all(uses))).toEqual(new Set(['first-use']));
    });

    it('probes without a token', async () => {
      const store = await open({ failuresToOpen: 1, probeIntervalMs: 10 });
      await store.ready();
      await server.kill();
      await expect(consume(store, newUse())).rejects.toMatchObject({ code: 'unavailable' });
      await server.start();
      await expect.poll(async () => consume(store, newUse()).catch(() => 'open'), { interval: 5 }).toBe('fenced');
      expect(await server.command('KEYS', '*')).toBe('{vm1}lineage');
    });
  });

  it('sends its script once, and again to a server that forgot it', async () => {
    const store = await open();
    await consume(store, newUse());
    await server.command('CONFIG', 'RESETSTAT');
    for (let call = 0; call < 10; call += 1) await consume(store, newUse());
    const calls = await server.command('INFO', 'commandstats');
    expect(calls).toContain('cmdstat_evalsha:calls=10');
    expect(calls).not.toMatch(/cmdstat_eval:/);
    await server.command('SCRIPT', 'FLUSH');
    expect(await consume(store, newUse())).toBe('first-use');
  });

  it('meets an id again whatever end the token names: two tokens may share one id', async () => {
    await server.command('FLUSHALL');
    await withOldLineage(server, 'compact');
    const store = await open({ layout: 'compact' });
    const use = newUse();
    expect(await consume(store, use)).toBe('first-use');
    const longer = { ...use, expiresAt: use.expiresAt + 60_000, operation: 'operation-two' };
    expect(await consume(store, longer)).toBe('used');
  });

  it('finds an id of the compact layout in the generation before', async () => {
    await server.command('FLUSHALL');
    await withOldLineage(server, 'compact');
    const store = await open({ layout: 'compact' });
    const use = newUse();
    expect(await consume(store, use)).toBe('first-use');
    const key = (await server.command('KEYS', '{vm1}*:*')).trim();
    const older = key.replace(/\d+(?=:)/, (generation) => String(Number(generation) - 1));
    await server.command('RENAME', key, older);
    expect(await consume(store, { ...use, operation: 'operation-two' })).toBe('used');
    expect(await consume(store, use)).toBe('same-operation');
  });

  it('refuses every use after close()', async () => {
    const store = await open();
    await store.close();
    await expect(consume(store, newUse())).rejects.toMatchObject({ code: 'unavailable' });
  });
});

/** Counted and printed, not asserted: how long they take is the machine's affair too. */
function printDurations(durations: readonly number[], lagMs: number): void {
  const p99 = durations.toSorted((a, b) => a - b)[Math.floor(durations.length * 0.99)] ?? 0;
  process.stdout.write(
    `\n${durations.length} uses refused while Redis hung: p99 ${p99.toFixed(0)} ms with a deadline of 100 ms, ` +
      `event loop late by ${lagMs.toFixed(0)} ms at most in 99 of 100 turns\n`,
  );
}
