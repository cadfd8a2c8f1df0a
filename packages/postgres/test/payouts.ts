import { createGuard, type Proof } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import {
  consumeWithin,
  postgresReplayStore,
  type PostgresReplayStoreOptions,
  ProofNotConsumedError,
} from '@verified-mobile/postgres';
import { requireFault } from '@verified-mobile/test-support/fault-table';
import { historyClock, type Invocation, requireLegal, violationsOf } from '@verified-mobile/test-support/history';
import { expect } from 'vitest';
import type { TestPool } from './clients.ts';
import { query } from './database.ts';
import { README } from './uses.ts';

const issuer = createTestIssuer({ algorithm: 'HS256' });

let minted = 0;
export function mint(): { id: string; token: string } {
  const id = `token-${(minted += 1)}`;
  const iat = Math.floor(Date.now() / 1000) - 1;
  return { id, token: issuer.mint({ claims: { jti: id, iat, exp: iat + 300 } }) };
}

export async function newPayouts({ pool }: TestPool): Promise<void> {
  await query(pool, 'CREATE TABLE payouts (proof_id text PRIMARY KEY, operation text NOT NULL)');
}

interface Attempt {
  readonly id: string;
  readonly token: string;
  readonly operation: string;
  readonly consumption?: PostgresReplayStoreOptions['consumption'];
}

/** A payout service: guard, then consume and pay in one transaction. Accepted means that this request has paid. */
export async function payOut(
  { pool, transaction }: TestPool,
  { id, token, operation, consumption = 'within-transaction' }: Attempt,
  history: Invocation[],
  slow: (tx: TestPool['pool']) => Promise<unknown> = async () => undefined,
): Promise<Invocation['outcome']> {
  const start = historyClock();
  const guard = createGuard({
    issuers: issuer.trusted,
    replayStore: postgresReplayStore(pool, { consumption }),
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

export async function requireOnePayoutEach(
  { pool }: TestPool,
  history: readonly Invocation[],
  seed = 'none',
): Promise<void> {
  // A repeated operation that has paid is told `used` by its own transaction: it answers from the payouts.
  requireLegal(history, seed, { refusedRetries: true });
  const paid = await query(pool, 'SELECT proof_id FROM payouts');
  const accepted = history.filter(({ outcome }) => outcome === 'accepted').length;
  expect(paid.length).toBeGreaterThanOrEqual(accepted);
}

/** By token. Refused needlessly: told `used`, though no request with the token had paid or was paying. */
export async function requireRow(
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
