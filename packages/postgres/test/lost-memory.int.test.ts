import { randomBytes } from 'node:crypto';
import type { Proof, TokenUse } from '@verified-mobile/core';
import { consumeWithin, forgetExpired, migrate } from '@verified-mobile/postgres';
import { requireFault } from '@verified-mobile/test-support/fault-table';
import { hasMovableClock } from '@verified-mobile/test-support/movable-clock';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestPool } from './clients.ts';
import { newPool, query, startMigrated } from './database.ts';
import { consumeAll, newUses, README, secondsUntilNewTokensPass } from './uses.ts';

const MINUTE = 60_000;
const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step().catch(() => undefined);
});

function kept(server: PostgresServer): PostgresServer {
  cleanUp.push(async () => server.stop());
  return server;
}

function connect(server: PostgresServer): TestPool {
  const client = newPool(server);
  cleanUp.push(async () => client.end());
  return client;
}

/** Tokens used before the fault, and tokens only issued before it, shown to what answers after it. */
async function requireRow(
  event: string,
  client: TestPool,
  { used, unused, seconds }: { used: TokenUse[]; unused: TokenUse[]; seconds: Promise<number> | undefined },
): Promise<void> {
  const again = await consumeAll(client, used, 'operation-two');
  const first = await consumeAll(client, unused, 'operation-one');
  const acceptedTwice = `${again['first-use'] ?? 0} of ${used.length}`;
  const refusedNeedlessly = `${unused.length - (first['first-use'] ?? 0)} of ${unused.length}`;
  await requireFault(README, { event, acceptedTwice, refusedNeedlessly }, seconds);
}

describe('a proof that is delivered again', () => {
  const proofEnded = (minutesAgo: number): Pick<Proof, 'proofId' | 'operation' | 'issuedAt' | 'expiresAt'> => {
    const expiresAt = Date.now() - minutesAgo * MINUTE;
    const proofId = randomBytes(16).toString('base64url');
    return { proofId, operation: 'operation-one', issuedAt: expiresAt - 5 * MINUTE, expiresAt };
  };
  const open = async (): Promise<TestPool> => {
    const client = connect(kept(await startMigrated()));
    await query(client.pool, "UPDATE verified_mobile.lineage SET vouches_from = now() - interval '1 day'");
    return client;
  };
  const spend = async (client: TestPool, proof: Parameters<typeof consumeWithin>[1]): Promise<void> =>
    client.transaction(async (tx) => consumeWithin(tx, proof));

  it('pays as late as its use would be remembered, an hour and two minutes after its end, and no later', async () => {
    const client = await open();
    await spend(client, proofEnded(61));
    await expect(spend(client, proofEnded(63))).rejects.toMatchObject({ code: 'used' });
  });

  it('does not pay again once its use was forgotten', async () => {
    const client = await open();
    const proof = proofEnded(61);
    await spend(client, proof);
    // As if two minutes had passed.
    await query(client.pool, "UPDATE verified_mobile.token_use SET expires_at = expires_at - interval '2 minutes'");
    expect(await forgetExpired(client.pool)).toBe(1);
    const later = { ...proof, issuedAt: proof.issuedAt - 2 * MINUTE, expiresAt: proof.expiresAt - 2 * MINUTE };
    await expect(spend(client, later)).rejects.toMatchObject({ code: 'used' });
  });
});

it('makes a use durable by itself, with synchronous_commit off for the whole server and kill -9', async () => {
  const server = kept(await startMigrated());
  const before = connect(server);
  await query(before.pool, 'ALTER SYSTEM SET synchronous_commit = off');
  await query(before.pool, "ALTER SYSTEM SET wal_writer_delay = '10s'");
  await query(before.pool, 'SELECT pg_reload_conf()');
  await expect
    .poll(async () => query(before.pool, 'SHOW synchronous_commit'), { interval: 10 })
    .toEqual([{ synchronous_commit: 'off' }]);
  const [used, unused] = [newUses(20), newUses(20)];
  expect(await consumeAll(before, used, 'operation-one')).toEqual({ 'first-use': 20 });
  const after = connect(server);
  await server.kill();
  const seconds = secondsUntilNewTokensPass(after);
  await server.start();
  expect(await consumeAll(after, used, 'operation-two')).toEqual({ used: 20 });
  await requireRow('kill -9 with `synchronous_commit = off`', after, { used, unused, seconds });
});

it('vouches for nothing of before in a dump that was restored on another server', async () => {
  const [source, target] = [kept(await startMigrated()), kept(await startPostgres())];
  const [from, to] = [connect(source), connect(target)];
  const [dumped, later, unused] = [newUses(5), newUses(5), newUses(10)];
  await consumeAll(from, dumped, 'operation-one');
  const rows = await query(from.pool, 'SELECT id, operation, used_at, expires_at FROM verified_mobile.token_use');
  const [lineage] = await query(from.pool, 'SELECT identity, vouches_from FROM verified_mobile.lineage');
  await consumeAll(from, later, 'operation-one');
  await migrate(to.pool);
  const text = (value: unknown): string => `'${value instanceof Date ? value.toISOString() : String(value)}'`;
  for (const { id, operation, used_at, expires_at } of rows) {
    const values = [id, operation, used_at, expires_at].map(text).join(', ');
    await query(
      to.pool,
      `INSERT INTO verified_mobile.token_use (id, operation, used_at, expires_at) VALUES (${values})`,
    );
  }
  const { identity, vouches_from } = lineage!;
  await query(
    to.pool,
    `UPDATE verified_mobile.lineage SET identity = ${text(identity)}, vouches_from = ${text(vouches_from)}`,
  );
  const seconds = secondsUntilNewTokensPass(to);
  expect(await consumeAll(to, dumped, 'operation-two')).toEqual({ used: 5 });
  expect(await consumeAll(to, later, 'operation-two')).toEqual({ fenced: 5 });
  await requireRow('a dump restored on another server', to, { used: [...dumped, ...later], unused, seconds });
});

describe.skipIf(!hasMovableClock)('clocks', () => {
  it('of a promoted replica, 20 s behind, vouch for nothing that the lost primary may have accepted', async () => {
    const primary = kept(await startMigrated());
    const replica = kept(await primary.startStandby());
    replica.moveClock(-20);
    // It follows no further: what the primary accepts from now on is lost with it.
    const client = connect(replica);
    await query(client.pool, "ALTER SYSTEM SET primary_conninfo = ''");
    await query(client.pool, 'SELECT pg_reload_conf()');
    await expect
      .poll(async () => query(client.pool, 'SELECT pid FROM pg_stat_wal_receiver'), { interval: 10 })
      .toEqual([]);
    const [used, unused] = [newUses(20), newUses(20)];
    expect(await consumeAll(connect(primary), used, 'operation-one')).toEqual({ 'first-use': 20 });
    await primary.kill();
    const seconds = secondsUntilNewTokensPass(client);
    await query(client.pool, 'SELECT pg_promote()');
    expect(await consumeAll(client, used, 'operation-two')).toEqual({ fenced: 20 });
    await requireRow('a promoted replica, 20 s behind', client, { used, unused, seconds });
  });

  it('that were two hours ahead and came back forget nothing that passes again', async () => {
    const server = kept(await startMigrated());
    const client = connect(server);
    const [used, unused] = [newUses(20), newUses(20)];
    await consumeAll(client, used, 'operation-one');
    server.moveClock(7_200);
    await expect(consumeAll(client, newUses(1), 'operation-one')).rejects.toMatchObject({
      code: 'unavailable',
      cause: { message: 'the clocks of PostgreSQL and of the service differ by more than a minute' },
    });
    await expect(client.transaction(async (tx) => consumeWithin(tx, await anyProof()))).rejects.toThrow(
      'differ by more',
    );
    expect(await forgetExpired(client.pool)).toBe(20);
    server.moveClock(0);
    const seconds = secondsUntilNewTokensPass(client);
    expect(await consumeAll(client, used, 'operation-two')).toEqual({ fenced: 20 });
    const [next] = newUses(1);
    const later = [{ ...next!, expiresAt: next!.expiresAt + 1_000 }];
    expect(await consumeAll(client, later, 'operation-one')).toEqual({ 'first-use': 1 });
    await requireRow('a clock two hours ahead that came back', client, { used, unused, seconds });
  });
});

async function anyProof(): Promise<Parameters<typeof consumeWithin>[1]> {
  const [use] = newUses(1);
  return Promise.resolve({ ...use!, proofId: use!.id });
}
