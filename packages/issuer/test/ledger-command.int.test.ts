import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresLedger, verifyPostgresLedger } from '@verified-mobile/issuer/ledger';
import { freePort } from '@verified-mobile/test-support/free-port';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { COMMAND } from './support/running-command.ts';

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

describe('verified-mobile-issuer ledger', () => {
  it('makes the tables of the ledger in PostgreSQL, and may do so again', async () => {
    for (let runs = 0; runs < 2; runs += 1) {
      expect(await ledger(server.url, 'migrate')).toBe('The tables issuer_ledger and issuer_ledger_heads are there.\n');
    }
    await (await postgresLedger(pool, { node: 'one' })).close();
    expect(await verifyPostgresLedger(pool, { node: 'one' })).toMatchObject({ entries: 0, problems: [] });
  });

  it.each<[string, () => Promise<string>, string]>([
    ['no database', async () => '', 'ISSUER_LEDGER_POSTGRES_URL is missing.'],
    [
      'a database that is away',
      async () => `postgres://user:secret@127.0.0.1:${await freePort()}/ledger`,
      'The ledger at ISSUER_LEDGER_POSTGRES_URL cannot be used: ECONNREFUSED.',
    ],
  ])('says in one line that there is %s', async (_, url, message) => {
    const failure = ledger(await url(), 'migrate');
    await expect(failure).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) as string });
    await expect(failure).rejects.not.toMatchObject({ stderr: expect.stringContaining('secret') as string });
  });
});

async function ledger(url: string, ...args: string[]): Promise<string> {
  const env = { ISSUER_LEDGER_POSTGRES_URL: url };
  return (await promisify(execFile)(process.execPath, [COMMAND, 'ledger', ...args], { env })).stdout;
}
