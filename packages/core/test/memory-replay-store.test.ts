import cluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { memoryReplayStore, type TokenUse } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NOW } from './support.ts';

const signal = new AbortController().signal;

function bench(options: { maxIds?: number; vouchesFrom?: number } = {}) {
  const time = { now: NOW };
  const store = isolatedMemoryReplayStore({ clock: () => time.now, ...options });
  const use = (number: number, changes: Partial<TokenUse> = {}): TokenUse => ({
    id: Buffer.from(String(number).padStart(16, '0')).toString('base64url'),
    operation: 'operation',
    issuedAt: time.now,
    expiresAt: time.now + 420_000,
    ...changes,
  });
  const outcome = async (tokenUse: TokenUse): Promise<string> => (await store.consume(tokenUse, { signal })).outcome;
  return { time, store, use, outcome };
}

describe('the memory replay store', () => {
  afterEach(() => void vi.useRealTimers());

  it('binds an id to its first operation, for ever', async () => {
    const { use, outcome, time } = bench();
    expect(await outcome(use(1))).toBe('first-use');
    expect(await outcome(use(1))).toBe('same-operation');
    expect(await outcome(use(1, { operation: 'another' }))).toBe('used');
    time.now += 420_000;
    expect(await outcome(use(1, { operation: 'another' }))).toBe('used');
  });

  it('says when the id was first used', async () => {
    const { store, use, time } = bench();
    await store.consume(use(1), { signal });
    time.now += 90_000;
    expect(await store.consume(use(1, { operation: 'another' }), { signal })).toEqual({
      outcome: 'used',
      firstUsedAt: NOW,
      firstOperation: 'operation',
    });
  });

  it('remembers an id as long as any service may accept its token, and forgets it later', async () => {
    const { use, outcome, time } = bench();
    await outcome(use(1));
    time.now += 480_000;
    expect(await outcome(use(1, { operation: 'another' }))).toBe('used');
    time.now += 1;
    expect(await outcome(use(1, { operation: 'another' }))).toBe('first-use');
  });

  it('refuses a use that ended already, and one that it would forget too early', async () => {
    const { use, outcome, store } = bench();
    expect(await outcome(use(1, { expiresAt: NOW }))).toBe('fenced');
    expect(await outcome(use(1, { expiresAt: NOW + 480_000 }))).toBe('first-use');
    await expect(store.consume(use(2, { expiresAt: NOW + 480_001 }), { signal })).rejects.toThrow('expiresAt');
  });

  it('fences tokens issued before it could vouch for them', async () => {
    const { use, outcome } = bench({ vouchesFrom: NOW });
    expect(await outcome(use(1, { issuedAt: NOW - 1 }))).toBe('fenced');
    expect(await outcome(use(1, { issuedAt: NOW }))).toBe('first-use');
  });

  it('never forgets a live id for a new one: full, it throws, and takes new ids when old ones have ended', async () => {
    const { use, outcome, store, time } = bench({ maxIds: 3 });
    for (const number of [1, 2, 3]) expect(await outcome(use(number))).toBe('first-use');
    await expect(store.consume(use(4), { signal })).rejects.toMatchObject({ code: 'unavailable' });
    for (const number of [1, 2, 3]) expect(await outcome(use(number, { operation: 'another' }))).toBe('used');
    time.now += 480_001;
    expect(await outcome(use(4))).toBe('first-use');
  });

  it('keeps every live id while ended ones are dropped', async () => {
    const { use, outcome, time } = bench({ maxIds: 4 });
    await outcome(use(1));
    await outcome(use(2));
    time.now += 300_000;
    await outcome(use(3));
    time.now += 180_001;
    expect(await outcome(use(4))).toBe('first-use');
    expect(await outcome(use(5))).toBe('first-use');
    expect(await outcome(use(3, { operation: 'another' }))).toBe('used');
  });

  it('takes no id a second time, wherever its clock is set', async () => {
    const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: -40, max: 40 })), {
      maxLength: 200,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(times, async (steps) => {
        const { use, outcome, time } = bench({ maxIds: 1_000 });
        const used = new Set<number>();
        for (const [number, minutes] of steps) {
          time.now += minutes * 60_000;
          // A token is dated once, whenever it comes.
          const issuedAt = NOW + number * 600_000;
          const expiresAt = issuedAt + 420_000;
          if (expiresAt > time.now + 480_000) continue;
          const answer = await outcome(use(number, { issuedAt, expiresAt, operation: `${used.size}` }));
          expect(answer === 'first-use' && used.has(number)).toBe(false);
          if (answer === 'first-use') used.add(number);
        }
      }),
    );
  });

  it('takes new tokens at once after its clock was an hour ahead and is back', async () => {
    const { use, outcome, time } = bench();
    await outcome(use(1));
    time.now += 3_600_000;
    await outcome(use(2));
    time.now -= 3_600_000;
    expect(await outcome(use(1))).toBe('fenced');
    time.now += 60_001;
    expect(await outcome(use(3))).toBe('first-use');
  });

  it('holds as many ids as it was made for, in one piece or in many', async () => {
    for (const maxIds of [1_000, 40_000]) {
      const { store, time } = bench({ maxIds });
      const uses = Array.from({ length: maxIds }, (): TokenUse => {
        const id = randomBytes(16).toString('base64url');
        return { id, operation: 'a', issuedAt: time.now, expiresAt: time.now + 420_000 };
      });
      const outcomes = await Promise.all(uses.map(async (tokenUse) => store.consume(tokenUse, { signal })));
      expect(outcomes.filter(({ outcome }) => outcome === 'first-use')).toHaveLength(maxIds);
    }
  });

  it('is ready at the first whole second that it can vouch for', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const { store } = bench({ vouchesFrom: NOW + 400 });
    let ready = false;
    const waiting = store.ready?.().then(() => (ready = true));
    await vi.advanceTimersByTimeAsync(999);
    expect(ready).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(ready).toBe(true);
  });
});

describe('memoryReplayStore()', () => {
  it('gives every guard of the process the same store', () => {
    expect(memoryReplayStore()).toBe(memoryReplayStore({ singleProcess: true }));
  });

  it('fences tokens that a clock ahead may have dated before this process started', async () => {
    const { issuerClockToleranceSeconds = 0 } = memoryReplayStore();
    const fence = Date.now() - process.uptime() * 1000 + issuerClockToleranceSeconds * 1000;
    expect(issuerClockToleranceSeconds).toBeGreaterThanOrEqual(5);
    const { use } = bench();
    const issued = async (issuedAt: number): Promise<string> => {
      const tokenUse = use(Math.random(), { issuedAt, expiresAt: Date.now() + 300_000 });
      return (await memoryReplayStore().consume(tokenUse, { signal })).outcome;
    };
    // The start of the process is known to some milliseconds.
    expect(await issued(fence - 1_000)).toBe('fenced');
    expect(await issued(fence + 1_000)).toBe('first-use');
  });

  it('fences by the largest tolerance that was asked for', () => {
    const before = memoryReplayStore({ issuerClockToleranceSeconds: 7 }).issuerClockToleranceSeconds!;
    expect(before).toBeGreaterThanOrEqual(7);
    expect(memoryReplayStore({ issuerClockToleranceSeconds: before - 1 }).issuerClockToleranceSeconds).toBe(before);
    const outOfRange = 'issuerClockToleranceSeconds must be a whole number from 0 to 60';
    expect(() => memoryReplayStore({ issuerClockToleranceSeconds: 61 })).toThrow(outOfRange);
  });

  it('refuses a second maxIds, and one out of range', () => {
    memoryReplayStore();
    expect(() => memoryReplayStore({ maxIds: 200_000 })).toThrow('maxIds is 100000 in this process already');
    expect(() => memoryReplayStore({ maxIds: 100_000 })).not.toThrow();
    expect(() => memoryReplayStore({ maxIds: 999 })).toThrow('maxIds must be a whole number from 1000 to 10000000');
  });

  describe('in one process of several', () => {
    afterEach(() => {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
    });

    const pm2 = { NODE_APP_INSTANCE: '0', exec_mode: 'fork_mode', instances: '1' };

    it.each<[string, Record<string, string>, string]>([
      ['the second of pm2', { ...pm2, NODE_APP_INSTANCE: '1' }, 'one of several instances under pm2'],
      ['the first of two of pm2', { ...pm2, instances: '2' }, 'one of several instances under pm2'],
      ['pm2 in cluster mode', { ...pm2, exec_mode: 'cluster_mode' }, 'one of several instances under pm2'],
      ['AWS Lambda', { AWS_LAMBDA_FUNCTION_NAME: 'pay' }, 'an instance on AWS Lambda'],
      ['Cloud Run', { K_SERVICE: 'pay' }, 'an instance on Cloud Run'],
      ['Vercel', { VERCEL: '1', NODE_ENV: 'production' }, 'an instance on Vercel'],
      ['Kubernetes', { KUBERNETES_SERVICE_HOST: '10.0.0.1', NODE_ENV: 'production' }, 'a pod of Kubernetes'],
    ])('refuses to be built on %s, unless told that it is alone', (_where, environment, sign) => {
      for (const [name, value] of Object.entries({ NODE_ENV: '', ...environment })) vi.stubEnv(name, value);
      expect(() => memoryReplayStore()).toThrow(`This process is ${sign}, and a token used here would pass again`);
      expect(() => memoryReplayStore({ singleProcess: true })).not.toThrow();
    });

    it.each<[string, Record<string, string>]>([
      ['the only process of pm2', pm2],
      ['a function that is being developed', { AWS_LAMBDA_FUNCTION_NAME: 'pay', NODE_ENV: 'development' }],
      ['a function under test', { VERCEL: '1', NODE_ENV: 'test' }],
      ['Kubernetes, but not in production', { KUBERNETES_SERVICE_HOST: '10.0.0.1', NODE_ENV: 'staging' }],
    ])('is built on %s', (_where, environment) => {
      for (const [name, value] of Object.entries({ NODE_ENV: '', ...environment })) vi.stubEnv(name, value);
      expect(() => memoryReplayStore()).not.toThrow();
    });

    it('refuses to be built in a worker thread, and alone in one vouches from the thread on', async () => {
      const core = new URL('../dist/index.js', import.meta.url).href;
      const code = `
        const { parentPort, workerData } = require('node:worker_threads');
        import(workerData).then(({ memoryReplayStore }) => {
          let refusal;
          try { memoryReplayStore(); } catch (error) { refusal = error.message; }
          const now = Date.now();
          const store = memoryReplayStore({ singleProcess: true, issuerClockToleranceSeconds: 0 });
          const use = (id, issuedAt) => store.consumeNow({ id, operation: 'a', issuedAt, expiresAt: now + 300_000 }).outcome;
          const outcomes = [use('A'.repeat(22), now - 1), use('B'.repeat(22), Date.now() + 1)];
          parentPort.postMessage({ refusal, outcomes });
        });`;
      const [answer] = (await once(new Worker(code, { eval: true, workerData: core }), 'message')) as unknown[];
      expect(answer).toEqual({
        refusal: expect.stringContaining('This process is a worker thread') as string,
        outcomes: ['fenced', 'first-use'],
      });
    });

    it('refuses to be built in a cluster worker', () => {
      vi.spyOn(cluster, 'isWorker', 'get').mockReturnValue(true);
      expect(() => memoryReplayStore()).toThrow('a cluster worker');
    });
  });
});
