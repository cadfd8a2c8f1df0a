import { consumeWithin, postgresReplayStore } from '@verified-mobile/postgres';
import type { Invocation } from '@verified-mobile/test-support/history';
import type { PostgresServer } from '@verified-mobile/test-support/postgres-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestPool } from './clients.ts';
import { newPool, query, startMigrated } from './database.ts';
import { mint, newPayouts, payOut, requireOnePayoutEach, requireRow } from './payouts.ts';
import { newUses, secondsUntilNewTokensPass } from './uses.ts';

const FUNCTIONS = ['spend_token', 'use_token'];
let server: PostgresServer;
let payouts: TestPool;
let others: TestPool;

beforeEach(async () => {
  server = await startMigrated();
  [payouts, others] = [newPool(server, 2), newPool(server, 2)];
  await newPayouts(payouts);
  // A request that waits for a lock waits for as long as the test runs.
  for (const name of FUNCTIONS)
    await query(payouts.pool, `ALTER FUNCTION verified_mobile.${name} SET lock_timeout = 0`);
});
afterEach(async () => {
  await server.stop();
  await Promise.all([payouts, others].map(async ({ end }) => end().catch(() => undefined)));
});

/** A payout that has spent the token and does not end before it is told to. */
async function startSlowPayout(pool: TestPool, attempt: Parameters<typeof payOut>[1], history: Invocation[]) {
  const [begun, finished] = [deferred(), deferred()];
  const outcome = payOut(pool, attempt, history, async () => {
    begun.resolve();
    await finished.promise;
  });
  await begun.promise;
  return { outcome, finish: finished.resolve };
}

describe('a pool of two connections, one of them with a slow payout whose token is replayed 200 times', () => {
  it.each([
    {
      event: '200 replays of a slow payout, with a pool of two',
      slow: 'within-transaction',
      replays: 'within-transaction',
      operation: (replay: number) => `replay-${replay}`,
    },
    {
      event: 'the same, with `before-handler` and one operation',
      slow: 'before-handler',
      replays: 'before-handler',
      operation: () => 'one',
    },
    {
      event: 'the same, at a service of `before-handler` beside it',
      slow: 'within-transaction',
      replays: 'before-handler',
      operation: (replay: number) => `replay-${replay}`,
    },
  ] as const)('serves other customers: $event', async ({ event, slow, replays: consumption, operation }) => {
    const history: Invocation[] = [];
    const token = mint();
    const pool = slow === consumption ? payouts : others;
    const payout = await startSlowPayout(payouts, { ...token, operation: 'one', consumption: slow }, history);
    const replays = Array.from({ length: 200 }, async (_, replay) =>
      payOut(pool, { ...token, operation: operation(replay), consumption }, history),
    );
    const honest = Array.from({ length: 20 }, async () =>
      payOut(pool, { ...mint(), operation: 'one', consumption }, history),
    );
    expect(await Promise.all(honest)).toEqual(Array.from({ length: 20 }, () => 'accepted'));
    expect(new Set(await Promise.all(replays))).toEqual(new Set(['unknown']));
    // All of them are answered, and only now the slow one may go on.
    payout.finish();
    expect(await payout.outcome).toBe('accepted');
    expect(await payOut(pool, { ...token, operation: 'late', consumption }, history)).toBe('refused');
    await requireOnePayoutEach(pool, history);
    await requireRow(event, history, secondsUntilNewTokensPass(pool));
  });
});

describe('a use that comes while a transaction spends the token', () => {
  it.each(['before-handler', 'within-transaction'] as const)('has no answer yet, by %s', async (consumption) => {
    const { signal } = new AbortController();
    const store = postgresReplayStore(others.pool, { consumption });
    const [use] = newUses(1);
    const spent = payouts.transaction(async (tx) => {
      await consumeWithin(tx, { ...use!, proofId: use!.id });
      await expect(store.consume(use!, { signal })).rejects.toMatchObject({ code: 'unavailable' });
      throw new Error('the bank said no');
    });
    await expect(spent).rejects.toThrow('the bank said no');
    expect(await store.consume(use!, { signal })).toMatchObject({ outcome: 'first-use' });
  });

  it('is told that it is the same operation, once that has paid', async () => {
    const { signal } = new AbortController();
    const store = postgresReplayStore(others.pool, { consumption: 'within-transaction' });
    const [use] = newUses(1);
    await payouts.transaction(async (tx) => {
      await consumeWithin(tx, { ...use!, proofId: use!.id });
      await expect(store.consume(use!, { signal })).rejects.toMatchObject({ code: 'unavailable' });
    });
    expect(await store.consume(use!, { signal })).toMatchObject({ outcome: 'same-operation' });
    expect(await store.consume({ ...use!, operation: 'two' }, { signal })).toMatchObject({ outcome: 'used' });
  });

  it('refuses nothing to the transaction, nor to another that looks, by looking at the token', async () => {
    const [use] = newUses(1);
    const store = postgresReplayStore(others.pool, { consumption: 'within-transaction' });
    const { signal } = new AbortController();
    const lock = `verified_mobile.lock_of('look', '${use!.id}')`;
    let spent: Promise<void> | undefined;
    await others.transaction(async (looking) => {
      await query(looking, `SELECT pg_advisory_xact_lock_shared(${lock})`);
      expect(await store.consume(use!, { signal })).toMatchObject({ outcome: 'first-use' });
      spent = payouts.transaction(async (tx) => consumeWithin(tx, { ...use!, proofId: use!.id }));
      spent.catch(() => undefined);
      await expect
        .poll(async () => query(looking, 'SELECT granted FROM pg_locks WHERE NOT granted'), { interval: 10 })
        .toEqual([{ granted: false }]);
    });
    await spent;
  });
});

function deferred() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
