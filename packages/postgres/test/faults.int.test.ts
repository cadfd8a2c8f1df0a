import { forgetExpired, migrate, postgresReplayStore } from '@verified-mobile/postgres';
import { type Invocation, seededRandom } from '@verified-mobile/test-support/history';
import type { PostgresServer } from '@verified-mobile/test-support/postgres-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestPool } from './clients.ts';
import { newPool, query, startMigrated } from './database.ts';
import { mint, newPayouts, payOut, requireOnePayoutEach, requireRow } from './payouts.ts';
import { secondsUntilNewTokensPass } from './uses.ts';

let server: PostgresServer;
let client: TestPool;
const endAfterTest: TestPool[] = [];

beforeEach(async () => {
  server = await startMigrated();
  client = pool();
  await newPayouts(client);
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
    await requireOnePayoutEach(pool(1), history, seed);
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
    await requireOnePayoutEach(pool(1), history);
    const paid = await query(pool(1).pool, 'SELECT operation FROM payouts');
    expect(paid).toHaveLength(80);
    await requireRow('kill -9 while 60 payouts are made', history, seconds);
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
