import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateSigningKey, type IssuerError, type IssuerEvent } from '@verified-mobile/issuer';
import { postgresLedger, type PostgresLedgerOptions, verifyPostgresLedger } from '@verified-mobile/issuer/ledger';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { startTcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { loadSigningKeys } from '../src/tokens/signing-keys.ts';
import { issuerUnderTest, START } from './support/issuer-under-test.ts';

let server: PostgresServer;
let pool: pg.Pool;
beforeAll(async () => {
  server = await startPostgres();
  pool = new pg.Pool({ connectionString: server.url });
  // Its idle connections end with the server.
  pool.on('error', () => {});
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
  expect(rows).toHaveLength(4);
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

it('goes on behind the noted head when rows of the end are gone, says so, and shows the gap for ever', async () => {
  await write('cut', 52);
  await pool.query(`DELETE FROM issuer_ledger WHERE node = 'cut' AND sequence > 40`);
  const faults: string[] = [];
  const onFault = ({ code, message }: IssuerError): void => void faults.push(`${code}: ${message}`);
  for (let starts = 0; starts < 2; starts += 1) await write('cut', 3, { onFault });
  expect(faults).toEqual(['ledger_damaged: The ledger of cut was changed: entries 41 to 52 are missing.']);
  expect(await verifyPostgresLedger(pool, { node: 'cut' })).toMatchObject({
    entries: 46,
    head: { sequence: 58 },
    problems: ['issuer_ledger 53: entries 41 to 52 are missing.'],
  });
});

it('says so if the number of the noted head was changed', async () => {
  await write('renumbered', 4);
  await pool.query(`UPDATE issuer_ledger_heads SET sequence = 9 WHERE node = 'renumbered'`);
  const faults: string[] = [];
  await write('renumbered', 1, { onFault: ({ message }) => void faults.push(message) });
  expect(faults.join()).toContain('entries 5 to 9 are missing.');
});

it('goes on behind a row that the noted head does not know, and says so', async () => {
  await write('turned back', 4);
  await pool.query(`UPDATE issuer_ledger_heads SET sequence = 2, hash = 'of old' WHERE node = 'turned back'`);
  const faults: string[] = [];
  await write('turned back', 1, { onFault: ({ message }) => void faults.push(message) });
  expect(faults.join()).toContain('entry 2 is not the one that was written then.');
  expect(await verifyPostgresLedger(pool, { node: 'turned back' })).toMatchObject({ entries: 5, problems: [] });
});

it('proves with a checkpoint that its entry is there, but not with one of another node', async () => {
  const key = generateSigningKey();
  const checkpoints: string[] = [];
  const ledger = await postgresLedger(pool, { node: 'proven' });
  const onCheckpoint = (checkpoint: string): void => void checkpoints.push(checkpoint);
  const issuer = issuerUnderTest({ signingKeys: [key], ledger, onCheckpoint });
  await ledger.append(event('one'));
  await issuer.nodes[0]?.close();
  const keys = { keys: loadSigningKeys([key]).map(({ publicJwk }) => publicJwk) };
  expect((await verifyPostgresLedger(pool, { node: 'proven', checkpoints, keys })).problems).toEqual([]);
  await write('other', 1);
  expect((await verifyPostgresLedger(pool, { node: 'other', checkpoints, keys })).problems).toEqual([
    'Checkpoint 1 proves nothing: it is of the chain proven.',
  ]);
  await pool.query(`DELETE FROM issuer_ledger WHERE node = 'proven'`);
  await pool.query(`DELETE FROM issuer_ledger_heads WHERE node = 'proven'`);
  expect((await verifyPostgresLedger(pool, { node: 'proven', checkpoints, keys })).problems).toEqual([
    expect.stringMatching(/^The checkpoint of .*: entry 1 is missing\.$/),
  ]);
});

it('rejects while the database is away, and goes on with the chain afterwards', async () => {
  const own = new pg.Pool({ connectionString: server.url });
  own.on('error', () => {});
  const ledger = await postgresLedger(own, { node: 'outage' });
  await ledger.append(event('before'));
  await server.kill();
  await expect(ledger.append(event('during'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
  await expect(ledger.ready()).rejects.toMatchObject({ code: expect.any(String) as string });
  await server.start();
  await ledger.append(event('after'));
  expect(await verifyPostgresLedger(own, { node: 'outage' })).toMatchObject({ entries: 3, problems: [] });
  expect(await linesOf('outage')).toMatchObject([
    { requestId: 'before' },
    { kind: 'loss', lost: 1 },
    { requestId: 'after' },
  ]);
  await own.end();
});

it('goes on behind a write whose answer was lost, and knows that it was written', async () => {
  const proxy = await startTcpProxy(server.port);
  const own = poolAt(`postgres://postgres@127.0.0.1:${proxy.port}/postgres`);
  const ledger = await postgresLedger(own, { node: 'lost answer' });
  await ledger.append(event('before'));
  proxy.loseReplies();
  await expect(ledger.append(event('unanswered'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
  proxy.reset();
  await ledger.append(event('after'));
  const written = (await linesOf('lost answer')).map(({ requestId }) => requestId);
  expect(written).toEqual(['before', 'unanswered', 'after']);
  expect((await verifyPostgresLedger(pool, { node: 'lost answer' })).problems).toEqual([]);
  await own.end();
  await proxy.stop();
});

it('keeps no more than 10,000 events for a server that does not answer, and leaves a trace of all others', async () => {
  const own = poolAt(server.url);
  const ledger = await postgresLedger(own, { node: 'paused' });
  await ledger.append(event('before'));
  const blocker = await pool.connect();
  await blocker.query('BEGIN');
  await blocker.query('LOCK TABLE issuer_ledger, issuer_ledger_heads');
  const appended = Promise.allSettled(
    Array.from({ length: 10_500 }, async (_, index) => ledger.append(event(`r-${index}`))),
  );
  await expect(ledger.ready()).rejects.toThrow('timeout');
  const results = await appended;
  const reasons = results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'written'));
  expect(reasons.filter((reason) => reason.includes('10000 events wait already'))).toHaveLength(500);
  expect(reasons.filter((reason) => reason.includes('cannot be written'))).toHaveLength(10_000);
  await blocker.query('ROLLBACK');
  blocker.release();
  await ledger.append(event('after'));
  const lines = await linesOf('paused');
  expect(lines).toMatchObject([{ requestId: 'before' }, { kind: 'loss', lost: 10_500 }, { requestId: 'after' }]);
  await own.end();
});

it('is not ready on a server that is read-only', async () => {
  const own = new pg.Pool({ connectionString: server.url, options: '-c default_transaction_read_only=on' });
  let isReadOnly = false;
  const ledger = await postgresLedger({ query: async (text, values) => query(text, values) }, { node: 'read-only' });
  await ledger.ready();
  isReadOnly = true;
  await expect(ledger.ready()).rejects.toThrow('read-only');
  await own.end();

  async function query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }> {
    return (isReadOnly ? own : pool).query(text, values);
  }
});

function poolAt(connectionString: string): pg.Pool {
  const own = new pg.Pool({
    connectionString,
    connectionTimeoutMillis: 1_000,
    statement_timeout: 500,
    query_timeout: 1_000,
  });
  own.on('error', () => {});
  return own;
}

async function linesOf(node: string): Promise<Record<string, unknown>[]> {
  const { rows } = await pool.query('SELECT line FROM issuer_ledger WHERE node = $1 ORDER BY sequence', [node]);
  return rows.map(({ line }: { line: string }) => JSON.parse(line) as Record<string, unknown>);
}

async function write(node: string, count: number, options: Partial<PostgresLedgerOptions> = {}): Promise<void> {
  const ledger = await postgresLedger(pool, { node, ...options });
  await Promise.all(Array.from({ length: count }, async (_, index) => ledger.append(event(`r-${index}`))));
  await ledger.close();
}

function event(requestId: string): IssuerEvent {
  return { at: START, kind: 'send', outcome: 'accepted', account: 'shop', requestId };
}
