import { execFile } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey } from '@verified-mobile/issuer';
import { postgresLedger, verifyPostgresLedger } from '@verified-mobile/issuer/ledger';
import { freePort } from '@verified-mobile/test-support/free-port';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { signCheckpoint } from '../src/tokens/sign-checkpoint.ts';
import { loadSigningKeys } from '../src/tokens/signing-keys.ts';
import { START } from './support/issuer-under-test.ts';
import { ledgerFolder, sent } from './support/ledger-folder.ts';
import { COMMAND } from './support/running-command.ts';

const folder = ledgerFolder();
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

  it('verifies every chain in PostgreSQL, or one, and finds one that is gone by its checkpoint', async () => {
    const keys = join(folder.path, 'jwks.json');
    const log = join(folder.path, 'service.log');
    const key = generateSigningKey();
    writeFileSync(keys, JSON.stringify({ keys: loadSigningKeys([key]).map(({ publicJwk }) => publicJwk) }));
    for (const node of ['south', 'north']) {
      const chain = await postgresLedger(pool, { node });
      for (const name of ['1', '2', '3']) await chain.append(sent(name));
      const checkpoint = signCheckpoint(chain.head!(), {
        issuer: 'https://otp.test',
        keys: loadSigningKeys([key]),
        now: START,
      });
      appendFileSync(log, `${JSON.stringify({ level: 30, checkpoint, msg: 'ledger checkpoint' })}\n`);
    }
    const proofs = ['--checkpoint', log, '--keys', keys];
    const proven = /: 3 entries\. All as written\. Checkpoints that were checked: 1\. Head 3:.{43}\n/.source;
    expect(await ledger(server.url, 'verify', '--postgres', ...proofs)).toMatch(
      new RegExp(`^north${proven}.*south${proven}$`),
    );
    expect(await ledger(server.url, 'verify', '--postgres', '--node', 'south')).toMatch(
      /^south: 3 entries\. All as.*\n$/,
    );

    await pool.query(`DELETE FROM issuer_ledger WHERE node = 'north' AND sequence > 1`);
    await expect(ledger(server.url, 'verify', '--postgres')).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^north: The end: entries 2 to 3 are missing\.\nnorth: 1 entries\. 1 problems\./,
      ) as string,
    });
    expect(await ledger(server.url, 'verify', '--postgres', '--node', 'south', ...proofs)).toContain('All as written.');
    for (const table of ['issuer_ledger', 'issuer_ledger_heads']) {
      await pool.query(`DELETE FROM ${table} WHERE node = 'north'`);
    }
    await expect(ledger(server.url, 'verify', '--postgres', ...proofs)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/north: The checkpoint of .*: entries 1 to 3 are missing\./) as string,
    });
    await expect(ledger(server.url, 'verify', '--postgres', '--node', 'nort')).rejects.toMatchObject({
      code: 1,
      stderr: 'There is no chain of nort.\n',
    });
    for (const wrong of [['--postgres', folder.path], [], [folder.path, '--head', '3:hash']]) {
      await expect(ledger(server.url, 'verify', ...wrong)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^Usage: .*\n$/) as string,
      });
    }
  });

  it('archives with the keys of the service, and verifies from there with them', async () => {
    await folder.write(60, { maxFileBytes: 4096 });
    const archive = join(folder.path, 'archive');
    const pem = generateSigningKey().export({ type: 'pkcs8', format: 'pem' }) as string;
    const service = { ISSUER_URL: 'https://otp.test', ISSUER_KEYS: pem, ISSUER_NODE: 'one' };
    expect(await command(service, 'archive', folder.path, archive)).toMatch(
      /^ledger-0+1\.jsonl\n(.*\n)+Moved to .*: [0-9]+\./,
    );
    expect(await command(service, 'archive', folder.path, archive)).toMatch(/^Nothing to archive/);
    expect(await command(service, 'verify', folder.path)).toContain('All as written.');
    expect(await command({}, 'verify', archive)).toContain('All as written.');
    await expect(command({}, 'verify', folder.path)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('start.jws: the start cannot be checked without the keys') as string,
    });
    await expect(command({}, 'archive', folder.path, archive)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ISSUER_URL and ISSUER_KEYS are needed') as string,
    });
  });

  it('takes from a log of several nodes the checkpoints of the one that is named', async () => {
    await folder.write(3, { node: 'south' });
    const [key, { hash }] = [generateSigningKey(), folder.entries()[2] as unknown as { hash: string }];
    const [log, keys] = [join(folder.path, 'service.log'), join(folder.path, 'key.pem')];
    writeFileSync(keys, key.export({ type: 'pkcs8', format: 'pem' }));
    const signing = { issuer: 'https://otp.test', keys: loadSigningKeys([key]), now: START };
    const heads = [
      { chain: 'south', sequence: 3, hash },
      { chain: 'north', sequence: 3, hash: 'other' },
    ];
    writeFileSync(log, heads.map((head) => `${signCheckpoint(head, signing)}\n`).join(''));
    const verify = ['verify', folder.path, '--checkpoint', log, '--keys', keys];
    expect(await command({}, ...verify, '--node', 'south')).toContain('Checkpoints that were checked: 1.');
    await expect(command({}, ...verify)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('entry 3 is not the one that was written then.') as string,
    });
  });

  it('says in one line that the database stands still', async () => {
    await server.signal('SIGSTOP');
    try {
      await expect(ledger(server.url, 'verify', '--postgres')).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^The ledger at ISSUER_LEDGER_POSTGRES_URL cannot be used\. \([^\n]+\)\n$/,
        ) as string,
      });
    } finally {
      await server.signal('SIGCONT');
    }
  });

  it('says in one line that the database is away', async () => {
    const away = `postgres://user:secret@127.0.0.1:${await freePort()}/ledger`;
    await expect(ledger(away, 'verify', '--postgres')).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'The ledger at ISSUER_LEDGER_POSTGRES_URL cannot be used. (ECONNREFUSED)\n',
    });
  });

  it.each<[string, () => Promise<string>, string]>([
    ['no database', async () => '', 'ISSUER_LEDGER_POSTGRES_URL is missing.'],
    [
      'a database that is away',
      async () => `postgres://user:secret@127.0.0.1:${await freePort()}/ledger`,
      'The ledger at ISSUER_LEDGER_POSTGRES_URL cannot be used. (ECONNREFUSED)',
    ],
  ])('says in one line that there is %s', async (_, url, message) => {
    const failure = ledger(await url(), 'migrate');
    await expect(failure).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) as string });
    await expect(failure).rejects.not.toMatchObject({ stderr: expect.stringContaining('secret') as string });
  });
});

async function ledger(url: string, ...args: string[]): Promise<string> {
  return command({ ISSUER_LEDGER_POSTGRES_URL: url }, ...args);
}

async function command(env: Record<string, string>, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [COMMAND, 'ledger', ...args], { env })).stdout;
}
