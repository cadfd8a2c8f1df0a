import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { IssuerEvent } from '@verified-mobile/issuer';
import { postgresLedger, verifyPostgresLedger } from '@verified-mobile/issuer/ledger';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { issuerUnderTest, START } from './support/issuer-under-test.ts';

let server: PostgresServer;
let pool: pg.Pool;
beforeAll(async () => {
  server = await startPostgres();
  pool = new pg.Pool({ connectionString: server.url });
});
afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

it('keeps one chain for each node, across restarts', async () => {
  for (let starts = 0; starts < 2; starts += 1) {
    for (const node of ['one', 'two']) await write(node, 20);
  }
  for (const node of ['one', 'two']) {
    expect(await verifyPostgresLedger(pool, { node })).toMatchObject({
      entries: 40,
      problems: [],
      head: { sequence: 40 },
    });
  }
});

it('records what an issuer does, without a code, a token or a whole mobile', async () => {
  const ledger = await postgresLedger(pool, { node: 'issuer' });
  const issuer = issuerUnderTest({ ledger });
  const token = await issuer.token();
  await issuer.nodes[0]?.close();
  const { rows } = await pool.query(`SELECT line FROM issuer_ledger WHERE node = 'issuer' ORDER BY sequence`);
  expect(rows).toHaveLength(3);
  for (const secret of [issuer.newestCode(), token, '9002336768']) expect(JSON.stringify(rows)).not.toContain(secret);
});

it.each<[string, string, RegExp]>([
  [
    'a changed line',
    `UPDATE issuer_ledger SET line = replace(line, 'r-3', 'r-4') WHERE node = $1 AND sequence = 4`,
    /entry 4 was changed/,
  ],
  ['a missing line', 'DELETE FROM issuer_ledger WHERE node = $1 AND sequence = 4', /entry 4 is missing/],
  [
    'a missing end',
    'DELETE FROM issuer_ledger WHERE node = $1 AND sequence > 8',
    /The end: entries 9 to 10 are missing/,
  ],
])('finds %s', async (name, tamper, found) => {
  await write(name, 10);
  await pool.query(tamper, [name]);
  expect((await verifyPostgresLedger(pool, { node: name })).problems.join('\n')).toMatch(found);
});

it('refuses a second writer of one chain, and keeps nothing of its batch', async () => {
  const [one, two] = [await postgresLedger(pool, { node: 'same' }), await postgresLedger(pool, { node: 'same' })];
  await one.append(event('first'));
  await expect(two.append(event('second'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
  expect(await verifyPostgresLedger(pool, { node: 'same' })).toMatchObject({ entries: 1, problems: [] });
});

it('rejects while the database is away, and goes on with the chain afterwards', async () => {
  const own = new pg.Pool({ connectionString: server.url });
  own.on('error', () => {});
  const ledger = await postgresLedger(own, { node: 'outage' });
  await ledger.append(event('before'));
  pool.on('error', () => {});
  await server.kill();
  await expect(ledger.append(event('during'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
  await expect(ledger.ready()).rejects.toMatchObject({ code: expect.any(String) as string });
  await server.start();
  await ledger.append(event('after'));
  expect(await verifyPostgresLedger(own, { node: 'outage' })).toMatchObject({ entries: 2, problems: [] });
  await own.end();
});

async function write(node: string, count: number): Promise<void> {
  const ledger = await postgresLedger(pool, { node });
  await Promise.all(Array.from({ length: count }, async (_, index) => ledger.append(event(`r-${index}`))));
  await ledger.close();
}

function event(requestId: string): IssuerEvent {
  return { at: START, kind: 'send', outcome: 'accepted', account: 'shop', requestId };
}
