import { randomBytes } from 'node:crypto';
import { createGuard, type Proof, type Verdict } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { consumeWithin, postgresReplayStore, type PostgresReplayStoreOptions } from '@verified-mobile/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresServer } from '@verified-mobile/test-support/postgres-server';
import { POOLS, type TestPool } from './clients.ts';
import { query, startMigrated } from './database.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startMigrated();
});
afterAll(async () => server.stop());

function newProof(changes: Partial<Proof> = {}): Proof {
  const now = Date.now();
  return {
    mobile: '+919002336768',
    tokenId: 'one',
    proofId: randomBytes(16).toString('base64url'),
    issuer: 'https://otp.test',
    issuedAt: now - 10_000,
    expiresAt: now + 290_000,
    operation: 'operation-one',
    retry: false,
    ...changes,
  };
}

describe.each(Object.entries(POOLS))('consumeWithin, by %s', (_name, createPool) => {
  let client: TestPool;
  beforeAll(() => void (client = createPool(server.url)));
  afterAll(async () => client.end());
  const spend = async (proof: Proof): Promise<void> => client.transaction(async (tx) => consumeWithin(tx, proof));

  it('spends a proof in the transaction that commits, once', async () => {
    const proof = newProof();
    await spend(proof);
    await expect(spend(proof)).rejects.toMatchObject({ name: 'ProofNotConsumedError', code: 'used' });
    await expect(spend({ ...proof, operation: 'operation-two' })).rejects.toMatchObject({ code: 'used' });
  });

  it('frees the proof where the transaction is rolled back', async () => {
    const proof = newProof();
    const failing = client.transaction(async (tx) => {
      await consumeWithin(tx, proof);
      throw new Error('the bank said no');
    });
    await expect(failing).rejects.toThrow('the bank said no');
    await spend({ ...proof, operation: 'operation-two' });
  });

  it('lets one of many simultaneous transactions commit', async () => {
    const proof = newProof();
    const spends = await Promise.allSettled(Array.from({ length: 20 }, async () => spend(proof)));
    const refusals = spends.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    expect(refusals.map(({ name }) => name)).toEqual(Array.from({ length: 19 }, () => 'ProofNotConsumedError'));
  });

  it('does not wait for a transaction that is slow', async () => {
    const proof = newProof();
    const finish = deferred();
    const spent = deferred();
    const slow = client.transaction(async (tx) => {
      await consumeWithin(tx, proof);
      spent.resolve();
      await finish.promise;
    });
    await spent.promise;
    await expect(spend(proof)).rejects.toMatchObject({ code: 'busy' });
    finish.resolve();
    await slow;
    await expect(spend(proof)).rejects.toMatchObject({ code: 'used' });
  });

  it('asks for the transaction again under REPEATABLE READ, where another came between', async () => {
    const proof = newProof();
    const late = client.transaction(async (tx) => {
      await query(tx, 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await query(tx, 'SELECT 1');
      await spend(proof);
      await consumeWithin(tx, proof);
    });
    await expect(late).rejects.toMatchObject({ code: 'retry_transaction' });
  });

  it("leaves the transaction's own lock_timeout as it was", async () => {
    const timeout = await client.transaction(async (tx) => {
      await query(tx, "SET LOCAL lock_timeout = '7s'");
      await consumeWithin(tx, newProof());
      return query(tx, 'SHOW lock_timeout');
    });
    expect(timeout).toMatchObject([{ lock_timeout: '7s' }]);
  });

  it('does not spend what was issued before the store can vouch for', async () => {
    await expect(spend(newProof({ issuedAt: Date.now() - 7_200_000 }))).rejects.toMatchObject({ code: 'used' });
  });
});

describe.each(['before-handler', 'within-transaction'] as const)('the guard with consumption %s', (consumption) => {
  const issuer = createTestIssuer();
  let client: TestPool;
  beforeAll(() => void (client = POOLS['npm pg']!(server.url)));
  afterAll(async () => client.end());

  const present = async (token: string, key: string, options: PostgresReplayStoreOptions = { consumption }) => {
    const guard = createGuard<{ key: string }>({
      issuers: issuer.trusted,
      replayStore: postgresReplayStore(client.pool, options),
      service: 'payouts',
      idempotencyKey: (request) => request.key,
      token: () => token,
      storeTimeoutMs: 5_000,
    });
    return guard.decide({ request: { key } });
  };
  const proofOf = (verdict: Verdict): Proof => {
    if (verdict.outcome !== 'passed') throw new Error('refused');
    return verdict.proof;
  };

  it('pays once, and tells the retry of the same operation that it is one', async () => {
    const token = issuer.mint();
    const proof = proofOf(await present(token, 'one'));
    expect(proof.retry).toBe(false);
    await client.transaction(async (tx) => consumeWithin(tx, proof));
    const again = proofOf(await present(token, 'one'));
    expect(again.retry).toBe(true);
    await expect(client.transaction(async (tx) => consumeWithin(tx, again))).rejects.toMatchObject({ code: 'used' });
    expect(await present(token, 'two')).toMatchObject({ outcome: 'refused', refusal: { code: 'otp_token_used' } });
  });

  it('lets the same operation pay after its transaction was rolled back', async () => {
    const token = issuer.mint();
    const proof = proofOf(await present(token, 'one'));
    const failing = client.transaction(async (tx) => {
      await consumeWithin(tx, proof);
      throw new Error('the bank said no');
    });
    await expect(failing).rejects.toThrow('the bank said no');
    const again = proofOf(await present(token, 'one'));
    await client.transaction(async (tx) => consumeWithin(tx, again));
  });

  it(`${consumption === 'before-handler' ? 'refuses' : 'lets'} another operation after a rollback`, async () => {
    const token = issuer.mint();
    await present(token, 'one');
    const expected = consumption === 'within-transaction' ? 'passed' : 'refused';
    expect((await present(token, 'two')).outcome).toBe(expected);
  });
});

function deferred() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
