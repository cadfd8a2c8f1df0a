import { createGuard, type Proof, type ReplayStore } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import {
  consumeWithin,
  forgetExpired,
  migrate,
  postgresReplayStore,
  ProofNotConsumedError,
} from '@verified-mobile/postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireFault } from '@verified-mobile/test-support/fault-table';
import {
  historyClock,
  type Invocation,
  requireLegal,
  seededRandom,
  violationsOf,
} from '@verified-mobile/test-support/history';
import type { PostgresServer } from '@verified-mobile/test-support/postgres-server';
import type { TestPool } from './clients.ts';
import { newPool, query, startMigrated } from './database.ts';
import { README, secondsUntilNewTokensPass } from './uses.ts';

const issuer = createTestIssuer({ algorithm: 'HS256' });
let server: PostgresServer;
let client: TestPool;
const endAfterTest: TestPool[] = [];

beforeEach(async () => {
  server = await startMigrated();
  client = pool();
  await query(client.pool, 'CREATE TABLE payouts (proof_id text PRIMARY KEY, operation text NOT NULL)');
});
afterEach(async () => {
  await Promise.all(endAfterTest.splice(0).map(async ({ end }) => end().catch(() => undefined)));
  await server.stop();
});

function pool(max?: number): TestPool {
  const opened = newPool(server, max);
  endAfterTest.push({ ...opened, end: async () => opened.end() });
  return opened;
}

let minted = 0;
function mint(): { id: string; token: string } {
  const id = `token-${(minted += 1)}`;
  const iat = Math.floor(Date.now() / 1000) - 1;
  return { id, token: issuer.mint({ claims: { jti: id, iat, exp: iat + 300 } }) };
}

interface Attempt {
  readonly id: string;
  readonly token: string;
  readonly operation: string;
}

/** A payout service: guard, then consume and pay in one transaction. Accepted means that this request has paid. */
async function payOut(
  { pool: sql, transaction }: TestPool,
  { id, token, operation }: Attempt,
  history: Invocation[],
  slow: (tx: TestPool['pool']) => Promise<unknown> = async () => undefined,
): Promise<Invocation['outcome']> {
  const start = historyClock();
  const replayStore: ReplayStore = postgresReplayStore(sql, { consumption: 'within-transaction' });
  const guard = createGuard({
    issuers: issuer.trusted,
    replayStore,
    token: () => token,
    service: 'payouts',
    idempotencyKey: () => operation,
    storeTimeoutMs: 60_000,
  });
  const pay = async (proof: Proof): Promise<Invocation['outcome']> => {
    await transaction(async (tx) => {
      await consumeWithin(tx, proof);
      await slow(tx);
      await query(tx, `INSERT INTO payouts VALUES ('${proof.proofId}', '${operation}')`);
    });
    return 'accepted';
  };
  const verdict = await guard.decide({ request: {} });
  const used = verdict.outcome === 'refused' && verdict.refusal.status === 401;
  const passed = verdict.outcome === 'passed';
  const outcome = passed ? await pay(verdict.proof).catch(outcomeOf) : used ? 'refused' : 'unknown';
  history.push({ id, operation, process: 'a', start, end: historyClock(), outcome });
  return outcome;
}

/** Busy, rolled back, disconnected: whether anything was paid is not known here. Only `used` is a refusal. */
function outcomeOf(error: unknown): Invocation['outcome'] {
  return error instanceof ProofNotConsumedError && error.code === 'used' ? 'refused' : 'unknown';
}

async function requireOnePayoutEach(history: readonly Invocation[], seed = 'none'): Promise<void> {
  // A repeated operation that has paid is told `used` by its own transaction: it answers from the payouts.
  requireLegal(history, seed, { refusedRetries: true });
  const paid = await query(newest(), 'SELECT proof_id FROM payouts');
  const accepted = history.filter(({ outcome }) => outcome === 'accepted').length;
  expect(paid.length).toBeGreaterThanOrEqual(accepted);
}

/** By token. Refused needlessly: told `used`, though no request with the token had paid or was paying. */
async function requireRow(
  event: string,
  history: readonly Invocation[],
  seconds: Promise<number> | undefined,
): Promise<void> {
  const tokens = new Set(history.map(({ id }) => id)).size;
  const twice = violationsOf(history, { refusedRetries: true }).length;
  const paid = history.filter(({ outcome }) => outcome === 'accepted');
  const needless = history.filter(
    ({ id, outcome, end }) => outcome === 'refused' && !paid.some((other) => other.id === id && other.start < end),
  );
  const refusedNeedlessly = `${new Set(needless.map(({ id }) => id)).size} of ${tokens}`;
  await requireFault(README, { event, acceptedTwice: `${twice} of ${tokens}`, refusedNeedlessly }, seconds);
}

function newest(): TestPool['pool'] {
  return pool(1).pool;
}

describe('PostgreSQL', () => {
  it('pays once for each token, whatever races, rolls back or is killed', async () => {
    const seed = String(Date.now());
    const random = seededRandom(seed);
    const history: Invocation[] = [];
    for (let round = 0; round < 6; round += 1) {
      const use = mint();
      const racers = Array.from({ length: 24 }, async (_, racer) => {
        const operation = random() < 0.5 ? 'shared' : `own-${racer}`;
        const chance = random();
        return payOut(client, { ...use, operation }, history, async (tx) => {
          if (chance < 0.3) throw new Error('the bank said no');
          if (chance < 0.5) await query(tx, 'SELECT pg_terminate_backend(pg_backend_pid())');
        });
      });
      await Promise.all(racers);
      let outcome: Invocation['outcome'];
      do outcome = await payOut(client, { ...use, operation: 'last' }, history);
      while (outcome === 'unknown');
    }
    await requireOnePayoutEach(history, seed);
    expect(history.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(6);
    const seconds = secondsUntilNewTokensPass(client);
    await requireRow('24 racing requests a token, rolled back or cut off', history, seconds);
  });

  it('remembers every committed use through kill -9', async () => {
    const history: Invocation[] = [];
    const uses = Array.from({ length: 60 }, () => mint());
    const unused = Array.from({ length: 20 }, () => mint());
    const after = pool();
    let seconds: Promise<number> | undefined;
    const paying = uses.map(async (use, index) => {
      await payOut(client, { ...use, operation: 'one' }, history);
      if (index !== 20) return;
      seconds = secondsUntilNewTokensPass(after);
      await server.kill();
    });
    await Promise.all(paying);
    await server.start();
    for (const use of [...uses, ...unused]) await payOut(after, { ...use, operation: 'two' }, history);
    await requireOnePayoutEach(history);
    const paid = await query(newest(), 'SELECT operation FROM payouts');
    expect(paid).toHaveLength(80);
    await requireRow('kill -9 while 60 payouts are made', history, seconds);
  });

  it('serves other customers while one transaction is slow and its token is replayed 50 times', async () => {
    const shared = pool(10);
    const history: Invocation[] = [];
    const use = mint();
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    let begin!: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const slow = payOut(shared, { ...use, operation: 'one' }, history, async () => {
      begin();
      await finished;
    });
    await begun;
    const replays = Array.from({ length: 50 }, async (_, index) =>
      payOut(shared, { ...use, operation: `replay-${index}` }, history),
    );
    const honest = payOut(shared, { ...mint(), operation: 'one' }, history);
    expect(await honest).toBe('accepted');
    expect(new Set(await Promise.all(replays))).toEqual(new Set(['unknown']));
    // All of them are answered, and only now the slow one may go on.
    finish();
    expect(await slow).toBe('accepted');
    expect(await payOut(shared, { ...use, operation: 'late' }, history)).toBe('refused');
    await requireOnePayoutEach(history);
    await requireRow('a slow payout, its token replayed 50 times', history, secondsUntilNewTokensPass(shared));
  });

  it('refuses what may have been used on another timeline: a promoted replica, a restored backup', async () => {
    const store = postgresReplayStore(client.pool);
    const { signal } = new AbortController();
    const use = {
      id: 'used-before-failover-xQ',
      operation: 'one',
      issuedAt: Date.now(),
      expiresAt: Date.now() + 400_000,
    };
    expect((await store.consume(use, { signal })).outcome).toBe('first-use');
    await query(client.pool, "UPDATE verified_mobile.lineage SET identity = 'another'");
    await query(client.pool, 'DELETE FROM verified_mobile.token_use');
    expect((await store.consume({ ...use, operation: 'two' }, { signal })).outcome).toBe('fenced');
  });

  it('is refused where a crash would forget uses, and without its schema', async () => {
    const store = postgresReplayStore(client.pool);
    await query(client.pool, 'ALTER TABLE verified_mobile.token_use SET UNLOGGED');
    await expect(store.ready()).rejects.toThrow(/UNLOGGED/);
    await query(client.pool, 'ALTER TABLE verified_mobile.token_use SET LOGGED');
    await store.ready();
    await query(client.pool, 'DROP SCHEMA verified_mobile CASCADE');
    await expect(store.ready()).rejects.toThrow(/Run migrate\(pool\)/);
  });

  it('migrates once, however many processes do, and forgets in small steps what is long over', async () => {
    await Promise.all(Array.from({ length: 5 }, async () => migrate(client.pool)));
    await query(
      client.pool,
      `INSERT INTO verified_mobile.token_use (id, operation, expires_at)
       SELECT 'id-' || n, 'one', now() - n * interval '1 minute' FROM generate_series(1, 100) n`,
    );
    expect(await forgetExpired(client.pool, 30)).toBe(30);
    expect(await forgetExpired(client.pool, 30)).toBe(11);
    expect(await query(client.pool, 'SELECT count(*)::int FROM verified_mobile.token_use')).toEqual([{ count: 59 }]);
  });
});
