import { readFileSync } from 'node:fs';
import type { Proof } from '@verified-mobile/core';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type PayoutRow, payOnce } from './fixtures/payout-row.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const PAGE = read('../../core/docs/guard-a-payout.md');
const sqlIn = (page: string): string[] => [...page.matchAll(/```sql\n(.+?)```/gs)].map((match) => match[1]!);

let server: PostgresServer;
let pool: pg.Pool;
beforeAll(async () => {
  server = await startPostgres();
  pool = new pg.Pool({ connectionString: server.url, max: 10 });
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool.end();
  await server.stop();
});
beforeEach(async () => {
  await pool.query('DROP TABLE IF EXISTS payouts');
  await pool.query(sqlIn(PAGE)[0]!);
});

const PAYOUT: PayoutRow = { customerId: 'c1', key: 'k1', amount: 2500, payee: '026291800001191' };

function proof(proofId: string, retry = false): Proof {
  const dates = { issuedAt: 0, expiresAt: 0 };
  return { mobile: '+919002336768', tokenId: 't', proofId, issuer: '', operation: 'o', retry, ...dates };
}

async function paid(): Promise<number> {
  return (await pool.query('SELECT 1 FROM payouts')).rows.length;
}

it('is what the page shows, to the letter', () => {
  expect(PAGE).toContain(`\n\`\`\`ts\n${read('fixtures/payout-row.ts')}\`\`\`\n`);
});

it('one of 20 payouts at once on one proof is made, and all are answered with it', async () => {
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  const made = await Promise.all(keys.map(async (key) => payOnce(pool, proof('p1'), { ...PAYOUT, key })));
  expect(await paid()).toBe(1);
  expect(new Set(made.map((row) => row?.key)).size).toBe(1);
});

it("a customer's key pays once, whatever the proof, and does not touch the keys of others", async () => {
  expect(await payOnce(pool, proof('p1'), PAYOUT)).toEqual(PAYOUT);
  expect(await payOnce(pool, proof('p2'), PAYOUT)).toEqual(PAYOUT);
  expect(await paid()).toBe(1);
  expect(await payOnce(pool, proof('p3'), { ...PAYOUT, customerId: 'c2' })).toMatchObject({ customerId: 'c2' });
  expect(await paid()).toBe(2);
});

it('a repeat for another amount or payee is answered with nothing, and pays nothing', async () => {
  await payOnce(pool, proof('p1'), PAYOUT);
  expect(await payOnce(pool, proof('p1'), { ...PAYOUT, amount: 2501 })).toBeUndefined();
  expect(await payOnce(pool, proof('p2'), { ...PAYOUT, payee: 'another' })).toBeUndefined();
  expect(await paid()).toBe(1);
});

it('a retry is answered from the row, and without one pays nothing', async () => {
  expect(await payOnce(pool, proof('p1', true), PAYOUT)).toBeUndefined();
  expect(await paid()).toBe(0);
  await payOnce(pool, proof('p1'), PAYOUT);
  expect(await payOnce(pool, proof('p1', true), PAYOUT)).toEqual(PAYOUT);
});

it('the column of migrate.md takes old payouts without a proof, then no new one, and a proof once', async () => {
  const [add, require] = sqlIn(read('../../core/docs/migrate.md'));
  await pool.query('DROP TABLE payouts; CREATE TABLE payouts (amount integer)');
  await pool.query('INSERT INTO payouts VALUES (1), (2)');
  await pool.query(add!);
  await pool.query("INSERT INTO payouts VALUES (3, NULL), (4, 'p1')");
  await expect(pool.query("INSERT INTO payouts VALUES (5, 'p1')")).rejects.toMatchObject({ code: '23505' });
  await pool.query(require!);
  await expect(pool.query('INSERT INTO payouts VALUES (6)')).rejects.toMatchObject({ code: '23514' });
  expect(await paid()).toBe(4);
});
