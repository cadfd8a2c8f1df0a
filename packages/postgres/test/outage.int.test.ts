import { createGuard, type Verdict } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { consumeWithin, postgresReplayStore, type PostgresReplayStoreOptions } from '@verified-mobile/postgres';
import type { PostgresServer } from '@verified-mobile/test-support/postgres-server';
import { hasSmallDisks, smallDisk } from '@verified-mobile/test-support/small-disk';
import { afterEach, describe, expect, it } from 'vitest';
import { POOLS, type TestPool } from './clients.ts';
import { newPool, query, startMigrated } from './database.ts';

type Answer = 'paid' | 'used' | 503;

/** A page of PostgreSQL holds fewer than a hundred uses. */
const TOKENS_AT_MOST = 1_000;

const issuer = createTestIssuer({ algorithm: 'HS256' });
const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step().catch(() => undefined);
});

async function startServer(parent?: string): Promise<PostgresServer> {
  const server = await startMigrated(parent);
  cleanUp.push(async () => server.stop());
  return server;
}

function kept(pool: TestPool): TestPool {
  cleanUp.push(async () => pool.end());
  return pool;
}

async function newPayouts({ pool }: TestPool): Promise<void> {
  await query(pool, 'CREATE TABLE payouts (token text NOT NULL, operation text NOT NULL)');
}

interface Attempt {
  readonly token: string;
  readonly operation: string;
  readonly consumption: NonNullable<PostgresReplayStoreOptions['consumption']>;
  readonly storeTimeoutMs?: number;
  /** What happens after the token is spent, and before it is committed. */
  readonly meanwhile?: (tx: TestPool['pool']) => Promise<unknown>;
}

async function ask({ pool }: TestPool, attempt: Attempt): Promise<Verdict> {
  const { token, operation, consumption, storeTimeoutMs = 60_000 } = attempt;
  const guard = createGuard({
    issuers: issuer.trusted,
    replayStore: postgresReplayStore(pool, { consumption, forgetsExpired: false }),
    token: () => token,
    service: 'payouts',
    idempotencyKey: () => operation,
    storeTimeoutMs,
  });
  return guard.decide({ request: {} });
}

/** The guard alone: with `before-handler` it is all that stands before a handler without `consumeWithin`. */
async function passGuard(pool: TestPool, attempt: Attempt): Promise<Answer> {
  const verdict = await ask(pool, attempt);
  return verdict.outcome === 'passed' ? 'paid' : isOutage(verdict) ? 503 : 'used';
}

/** The guard, and then a payout in the transaction that spends the token. */
async function payOut(pool: TestPool, attempt: Attempt): Promise<Answer> {
  const verdict = await ask(pool, attempt);
  if (verdict.outcome !== 'passed') return isOutage(verdict) ? 503 : 'used';
  await pool.transaction(async (tx) => {
    await consumeWithin(tx, verdict.proof);
    await attempt.meanwhile?.(tx);
    await query(tx, `INSERT INTO payouts VALUES ('${attempt.token}', '${attempt.operation}')`);
  });
  return 'paid';
}

function isOutage(verdict: Verdict): boolean {
  return verdict.outcome === 'refused' && verdict.refusal.status === 503;
}

/** How many tokens were paid for so many times. */
async function payoutsEach({ pool }: TestPool): Promise<Record<string, unknown>[]> {
  return query(
    pool,
    `SELECT times, count(*)::int AS tokens FROM (SELECT count(*)::int AS times FROM payouts GROUP BY token) AS paid
     GROUP BY times`,
  );
}

function mint(count: number): string[] {
  return Array.from({ length: count }, () => issuer.mint());
}

describe.each(Object.entries(POOLS))('a server that hangs, by %s', (_name, createPool) => {
  it.each(['before-handler', 'within-transaction'] as const)(
    'is an outage until it goes on, and then each token pays once, with %s',
    async (consumption) => {
      const server = await startServer();
      const pool = kept(createPool(server.url, 4));
      await newPayouts(pool);
      const [underWay, ...tokens] = mint(11);
      const hung = deferred();
      const slow = payOut(pool, {
        token: underWay!,
        operation: 'one',
        consumption,
        meanwhile: async () => {
          await server.signal('SIGSTOP');
          hung.resolve();
        },
      });
      await hung.promise;
      const attempts = tokens.flatMap((token) =>
        ['one', 'two'].map((operation) => ({ token, operation, consumption })),
      );
      const answers = attempts.map(async (attempt) => payOut(pool, { ...attempt, storeTimeoutMs: 300 }));
      expect(new Set(await Promise.all(answers))).toEqual(new Set([503]));
      await server.signal('SIGCONT');
      expect(await slow).toBe('paid');
      expect(await payOut(pool, { token: issuer.mint(), operation: 'one', consumption })).toBe('paid');
      // Uses that the guard gave up may still run. Each of the two is told to come later until they have ended.
      for (const attempt of attempts) await expect.poll(async () => payOut(pool, attempt).catch(later)).not.toBe(503);
      expect(await payoutsEach(pool)).toEqual([{ times: 1, tokens: 12 }]);
    },
  );
});

describe.skipIf(!hasSmallDisks)('a full disk', () => {
  it.each([
    ['before-handler', passGuard],
    ['within-transaction', payOut],
  ] as const)('is an outage until there is room, and burns no token, with %s', async (consumption, present) => {
    const disk = smallDisk(300);
    cleanUp.push(async () => Promise.resolve(disk.remove()));
    const pool = kept(newPool(await startServer(disk.folder), 4));
    await newPayouts(pool);
    const answers = new Map<string, Answer>();
    disk.fill();
    // There is room for some in the pages that the tables have.
    while (![...answers.values()].includes(503) && answers.size < TOKENS_AT_MOST) {
      const token = issuer.mint();
      answers.set(token, await present(pool, { token, operation: 'one', consumption }).catch(outageOf));
    }
    const answered = (wanted: Answer): string[] => [...answers.keys()].filter((token) => answers.get(token) === wanted);
    expect([answered('used').length, answered(503).length]).toEqual([0, 1]);
    const replay = async (token: string): Promise<Answer> => present(pool, { token, operation: 'two', consumption });
    for (const token of answered('paid')) expect(await replay(token)).toBe('used');
    disk.free();
    const [refused] = answered(503);
    expect(await present(pool, { token: refused!, operation: 'one', consumption })).toBe('paid');
    expect(await replay(refused!)).toBe('used');
  });
});

/** What the payout's own transaction met: the disk is full. */
function outageOf(error: unknown): Answer {
  expect(error).toMatchObject({ code: '53100' });
  return 503;
}

it('frees the token of a client that vanished, once idle_in_transaction_session_timeout has ended its transaction', async () => {
  const server = await startServer();
  const [vanishing, other] = [kept(newPool(server)), kept(newPool(server))];
  await newPayouts(other);
  const attempt = { token: issuer.mint(), consumption: 'within-transaction' } as const;
  const retry = async (): Promise<Answer> => payOut(other, { ...attempt, operation: 'two' }).catch(later);
  const vanished = payOut(vanishing, {
    ...attempt,
    operation: 'one',
    meanwhile: async (tx) => {
      expect(await retry()).toBe(503);
      await query(tx, 'SET LOCAL idle_in_transaction_session_timeout = 50');
      await expect.poll(retry, { interval: 10, timeout: 20_000 }).toBe('paid');
    },
  });
  await expect(vanished).rejects.toThrow(/terminat|closed|not queryable/i);
  expect(await payoutsEach(other)).toEqual([{ times: 1, tokens: 1 }]);
});

/** Another transaction is spending the token. */
function later(error: unknown): Answer {
  expect(error).toMatchObject({ code: 'busy' });
  return 503;
}

function deferred() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
