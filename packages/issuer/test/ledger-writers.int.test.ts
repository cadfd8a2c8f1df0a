/** Several writers of one database: of one name by mistake, all at once at the start, and with few rights. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IssuerError, Ledger } from '@verified-mobile/issuer';
import { migrateLedger, postgresLedger, verifyPostgresLedger } from '@verified-mobile/issuer/ledger';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { sent } from './support/ledger-folder.ts';

let server: PostgresServer;
let pool: pg.Pool;
const pools: pg.Pool[] = [];
beforeAll(async () => {
  server = await startPostgres();
  pool = new pg.Pool({ connectionString: server.url });
  await migrateLedger(pool);
});
afterAll(async () => {
  await Promise.all(pools.map(async (own) => own.end()));
  await pool?.end();
  await server?.stop();
});

describe('writers of one name', () => {
  it.each([2, 8])('lose nothing, %i at once, and each says once that it is not alone', async (count) => {
    const node = `shared by ${count}`;
    const faults: string[] = [];
    const onFault = ({ code, message }: IssuerError): void => void faults.push(`${code}: ${message}`);
    const writers = await Promise.all(
      Array.from({ length: count }, async () => postgresLedger(poolOf(), { node, onFault })),
    );
    // One after the other in each writer: a batch would meet the others only once.
    await Promise.all(writers.map(async (writer, index) => writeInTurn(writer, `writer-${index}`, 25)));
    // Those that were never disturbed so far are so now.
    for (const round of ['a', 'b']) {
      for (const [index, writer] of writers.entries()) await writer.append(sent(`${round}-${index}`));
    }
    await Promise.all(writers.map(async (writer) => writer.close()));
    expect(await verifyPostgresLedger(pool, { node })).toMatchObject({ entries: count * 27, problems: [] });
    const lines = await linesOf(node);
    expect(lines.filter(({ kind }) => kind === 'loss')).toEqual([]);
    expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(count * 27);
    const said = `ledger_shared: Another process writes the ledger as node ${node}. Give each its own ISSUER_NODE.`;
    expect(faults).toEqual(Array.from({ length: count }, () => said));
  });

  it('keep the order of each one', async () => {
    const options = { node: 'order', onFault: () => {} };
    const [one, two] = [await postgresLedger(pool, options), await postgresLedger(pool, options)];
    await Promise.all([one, two].map(async (writer, index) => writeAtOnce(writer, String(index), 100)));
    const written = (await linesOf('order')).map(({ requestId }) => String(requestId));
    for (const index of ['0', '1']) {
      const own = written.filter((name) => name.startsWith(`${index}-`));
      expect(own).toEqual(Array.from({ length: 100 }, (_, place) => `${index}-${place}`));
    }
  });

  it('are not suspected when a write of its own was done after it was given up', async () => {
    const faults: string[] = [];
    const ledger = await postgresLedger(poolOf(), { node: 'late', onFault: ({ code }) => void faults.push(code) });
    await ledger.append(sent('before'));
    const blocker = await pool.connect();
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE issuer_ledger IN SHARE MODE');
    // The client gives up, and reads that nothing was written; the server writes when the table is free.
    await expect(ledger.append(sent('late'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
    await blocker.query('ROLLBACK');
    blocker.release();
    await expect.poll(async () => (await linesOf('late')).length).toBe(2);
    await ledger.append(sent('after'));
    expect((await linesOf('late')).map(({ requestId }) => requestId)).toEqual(['before', 'late', 'after']);
    expect(faults).toEqual([]);
  });
});

describe('eight nodes on an empty database', () => {
  it.each([1, 2, 3, 4, 5])('all start (round %i)', async (round) => {
    const nodes = Array.from({ length: 8 }, () => poolOf());
    // Connected before: else they come one after the other.
    await Promise.all(nodes.map(async (own) => own.query('SELECT 1')));
    const table = `empty_${round}`;
    await Promise.all(nodes.map(async (own, index) => postgresLedger(own, { node: `${index}`, table })));
    expect(await verifyPostgresLedger(pool, { node: '1', table })).toMatchObject({ entries: 0, problems: [] });
  });
});

describe('a role that may only append', () => {
  it('suffices to write, to go on after a restart, and to be ready, and cannot change what was written', async () => {
    const own = await roleWith('appender', [
      'GRANT SELECT, INSERT ON issuer_ledger TO appender',
      'GRANT SELECT, INSERT, UPDATE ON issuer_ledger_heads TO appender',
    ]);
    for (let starts = 0; starts < 2; starts += 1) {
      const ledger = await postgresLedger(own, { node: 'few rights' });
      await ledger.ready();
      await writeInTurn(ledger, 'r', 3);
      await ledger.close();
    }
    expect(await verifyPostgresLedger(own, { node: 'few rights' })).toMatchObject({ entries: 6, problems: [] });
    for (const tamper of [
      `UPDATE issuer_ledger SET line = ''`,
      'DELETE FROM issuer_ledger',
      'TRUNCATE issuer_ledger',
      'DELETE FROM issuer_ledger_heads',
      'DROP TABLE issuer_ledger',
    ]) {
      await expect(own.query(tamper)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it.each([
    [
      'append',
      [
        'GRANT SELECT ON issuer_ledger TO no_append',
        'GRANT SELECT, INSERT, UPDATE ON issuer_ledger_heads TO no_append',
      ],
    ],
    [
      'note_heads',
      [
        'GRANT SELECT, INSERT ON issuer_ledger TO no_note_heads',
        'GRANT SELECT, INSERT ON issuer_ledger_heads TO no_note_heads',
      ],
    ],
  ])('is not ready if it may not %s', async (right, grants) => {
    const ledger = await postgresLedger(await roleWith(`no_${right}`, grants), { node: right });
    await expect(ledger.ready()).rejects.toMatchObject({ code: '42501' });
    await expect(ledger.append(sent('refused'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
  });

  it('is told what to do where the tables are missing', async () => {
    const own = await roleWith('newcomer', []);
    await expect(postgresLedger(own, { node: 'one', table: 'not_there' })).rejects.toThrow(
      'This role may not create the ledger tables not_there. Run "verified-mobile-issuer ledger migrate" as a role that may.',
    );
  });
});

function poolOf(connectionString = server.url): pg.Pool {
  const own = new pg.Pool({ connectionString, max: 2, query_timeout: 1_000 });
  own.on('error', () => {});
  pools.push(own);
  return own;
}

async function roleWith(role: string, grants: readonly string[]): Promise<pg.Pool> {
  for (const statement of [`CREATE ROLE ${role} LOGIN`, ...grants]) await pool.query(statement);
  return poolOf(`postgres://${role}@127.0.0.1:${server.port}/postgres`);
}

async function writeInTurn(ledger: Ledger, name: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await ledger.append(sent(`${name}-${index}`));
}

async function writeAtOnce(ledger: Ledger, name: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, async (_, index) => ledger.append(sent(`${name}-${index}`))));
}

async function linesOf(node: string): Promise<Record<string, unknown>[]> {
  const { rows } = await pool.query('SELECT line FROM issuer_ledger WHERE node = $1 ORDER BY sequence', [node]);
  return rows.map(({ line }: { line: string }) => JSON.parse(line) as Record<string, unknown>);
}
