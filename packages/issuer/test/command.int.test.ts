import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileLedger, verifyPostgresLedger } from '@verified-mobile/issuer/ledger';
import { startPostgres } from '@verified-mobile/test-support/postgres-server';
import { hasRedis, startRedis } from '@verified-mobile/test-support/redis-server';
import { BANK, sendBody, SHOP } from './support/issuer-under-test.ts';
import { CALLS, COMMAND, environment, run, type Service, startService, verified } from './support/running-command.ts';

let folder: string;
let service: Service | undefined;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'issuer-'))));
afterEach(async () => {
  await service?.stop('SIGKILL');
  service = undefined;
  rmSync(folder, { recursive: true, force: true });
});

describe('verified-mobile-issuer', () => {
  it('serves the whole flow, logs it without a secret, and leaves a ledger that verifies', async () => {
    service = await startService(folder);
    const token = await verified(service);
    const consumed = await service.call('POST', `${CALLS}/consume-token`, {
      initiator_id: SHOP.initiatorId,
      otp_verification_token: token,
    });
    expect(consumed).toMatchObject({ status: 0 });
    await service.call('GET', `${CALLS}/validate-token?initiator_id=1234567891&otp_verification_token=${token}`);
    const { code, output } = await service.stop('SIGTERM');
    expect(code).toBe(0);

    const logged = output.split('\n').find((line) => line.includes('"msg":"request"'));
    expect(JSON.parse(logged ?? '')).toMatchObject({
      request: { method: 'POST', route: CALLS, status: 200, account: 'shop', requestId: expect.any(String) as string },
    });
    const ledger = readFileSync(join(folder, 'ledger', 'ledger-000000000001.jsonl'), 'utf8');
    for (const secret of [service.sentCode(), token, '9002336768', 'shop-access-key-1']) {
      expect(output).not.toContain(secret);
      expect(ledger).not.toContain(secret);
    }
    expect(await run('ledger', 'verify', join(folder, 'ledger'))).toMatch(/^5 entries\. All as written\. Head 5:/);
  });

  it('logs checkpoints of its ledger, which prove later that their entries are still there', async () => {
    const log = join(folder, 'service.log');
    const keys = join(folder, 'keys.json');
    service = await startService(folder);
    await verified(service);
    const jwks = await (await fetch(`${service.url}/.well-known/jwks.json`)).text();
    const { output } = await service.stop('SIGTERM');
    writeFileSync(log, output);
    writeFileSync(join(folder, 'jwks.json'), jwks);
    const ledger = join(folder, 'ledger');
    for (const file of [keys, join(folder, 'jwks.json')]) {
      expect(await run('ledger', 'verify', ledger, '--checkpoint', log, '--keys', file)).toContain(
        '3 entries. All as written. Checkpoints that were checked: 1.',
      );
    }
    const restarted = await (await startService(folder)).stop('SIGTERM');
    expect(restarted.output.match(/"msg":"ledger checkpoint"/g)).toHaveLength(2);
    rmSync(ledger, { recursive: true });
    await (await openFileLedger({ folder: ledger })).close();
    await expect(
      run('ledger', 'verify', ledger, '--checkpoint', log, '--keys', join(folder, 'jwks.json')),
    ).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(': entries 1 to 3 are missing.') as string,
    });
    const [checkpoint = ''] = /eyJ[^"]+/.exec(output) ?? [];
    await expect(run('ledger', 'verify', ledger, '--checkpoint', checkpoint)).rejects.toMatchObject({
      code: 1,
      stderr: '--checkpoint needs --keys <file>, or ISSUER_KEYS: the keys that signed it.\n',
    });
    await expect(run('ledger', 'verify', ledger, '--checkpoint', keys, '--keys', keys)).rejects.toMatchObject({
      stderr: `${keys} holds no checkpoint.\n`,
    });
  });

  it('finds a changed line in its ledger, and says so with exit code 1', async () => {
    service = await startService(folder);
    await verified(service);
    await service.stop('SIGTERM');
    const path = join(folder, 'ledger', 'ledger-000000000001.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"account":"shop"', '"account":"bank"'));
    await expect(run('ledger', 'verify', join(folder, 'ledger'))).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('ledger-000000000001.jsonl:1: entry 1 was changed.') as string,
    });
  });

  it('says at its start that the end of its ledger is gone', async () => {
    service = await startService(folder);
    await verified(service);
    await service.stop('SIGTERM');
    const path = join(folder, 'ledger', 'ledger-000000000001.jsonl');
    writeFileSync(path, `${readFileSync(path, 'utf8').split('\n')[0]}\n`);
    service = await startService(folder);
    const { output } = await service.stop('SIGTERM');
    expect(output).toContain('was changed: entries 2 to 3 are missing.');
  });

  it('reads accounts and keys again on SIGHUP, and keeps the old ones where the new ones cannot stand', async () => {
    service = await startService(folder);
    const token = await verified(service);
    expect(await service.status(BANK)).toBe(403);
    await run('keys', 'rotate', join(folder, 'keys.json'));
    writeFileSync(join(folder, 'accounts.json'), JSON.stringify([SHOP, BANK]));
    await service.hangUp('"msg":"reloaded"');
    expect(await service.status(BANK)).toBe(200);
    const { keys } = (await (await fetch(`${service.url}/.well-known/jwks.json`)).json()) as { keys: unknown[] };
    expect(keys).toHaveLength(2);

    writeFileSync(join(folder, 'accounts.json'), JSON.stringify([{ ...SHOP, accessKeys: ['secret'] }]));
    await service.hangUp('not reloaded, all stays as it was: accounts[0].accessKeys must hold');
    expect(await service.status(BANK)).toBe(200);
    const path = `${CALLS}/validate-token?initiator_id=1234567891&otp_verification_token=${token}`;
    expect(await service.call('GET', path)).toMatchObject({ status: 0 });
  });

  it('answers the requests under way before it ends', async () => {
    service = await startService(folder, { slowSms: true });
    const answer = service.call('POST', CALLS, sendBody());
    await service.says('handing over');
    const ended = service.stop('SIGTERM');
    expect(await answer).toMatchObject({ message: 'OTP has been sent' });
    expect((await ended).code).toBe(0);
  });

  it('shows metrics on a port of its own, on this machine only', async () => {
    service = await startService(folder);
    await verified(service);
    const text = await (await fetch(`http://127.0.0.1:${service.metricsPort}/metrics`)).text();
    expect(text).toContain('issuer_codes_sent_total{prefix="9002"} 1');
    expect(text).toContain('issuer_codes_verified_total{prefix="9002"} 1');
    expect(text).toContain('issuer_request_seconds_count{method="PUT",route="/ekoapi/v3/tools/kyc/mobile/otp/verify"');
    expect(await (await fetch(`${service.url}/metrics`)).text()).toContain('Wrong URL.');
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['no URL', { ISSUER_URL: undefined }, 'ISSUER_URL is missing.'],
    ['no peppers', { ISSUER_PEPPERS: undefined }, 'ISSUER_PEPPERS is missing.'],
    ['a short pepper', { ISSUER_PEPPERS: 'c2hvcnQ=' }, 'peppers must hold one or two secrets'],
    ['accounts that are no JSON', { ISSUER_ACCOUNTS: '{secret', ISSUER_ACCOUNTS_FILE: undefined }, 'is not JSON.'],
    ['a setting given twice', { ISSUER_ACCOUNTS: '[]' }, 'Set ISSUER_ACCOUNTS or ISSUER_ACCOUNTS_FILE, not both.'],
    ['a transport that is none', { ISSUER_SMS_MODULE: '/nowhere.mjs' }, 'ISSUER_SMS_MODULE names a module that cannot'],
    ['a port that is none', { ISSUER_PORT: 'http' }, 'ISSUER_PORT must be a whole number.'],
    [
      'a replay store in memory beside a shared Redis',
      { ISSUER_REDIS_URL: 'redis://127.0.0.1:1' },
      'ISSUER_REPLAY_STORE=memory beside ISSUER_REDIS_URL',
    ],
    ['a replay store without its server', { ISSUER_REPLAY_STORE: 'redis' }, 'ISSUER_REDIS_URL is missing.'],
    [
      'a replay store without its database',
      { ISSUER_REPLAY_STORE: 'postgres' },
      'ISSUER_REPLAY_POSTGRES_URL is missing.',
    ],
    ['an unknown log level', { ISSUER_LOG_LEVEL: 'loud' }, 'ISSUER_LOG_LEVEL must be one of'],
  ])('does not start with %s, and names the setting', async (_, changes, message) => {
    const env = { ...(await environment(folder)), ...changes };
    const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
    const failure = promisify(execFile)(process.execPath, [COMMAND], { env: given });
    await expect(failure).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message) as string,
    });
    await expect(failure).rejects.not.toMatchObject({ stderr: expect.stringContaining('{secret') as string });
  });

  it.skipIf(!hasRedis)('keeps codes in Redis and its ledger in PostgreSQL', async () => {
    const [redis, postgres] = [await startRedis(), await startPostgres()];
    try {
      const more = {
        ISSUER_REDIS_URL: redis.url,
        ISSUER_REPLAY_STORE: 'redis',
        ISSUER_LEDGER_POSTGRES_URL: postgres.url,
        ISSUER_NODE: 'one',
      };
      service = await startService(folder, { more: { ...more, ISSUER_LEDGER_FOLDER: '' } });
      const token = { initiator_id: SHOP.initiatorId, otp_verification_token: await verified(service) };
      expect(await service.call('POST', `${CALLS}/consume-token`, token)).toMatchObject({ status: 0 });
      expect(await service.call('POST', `${CALLS}/consume-token`, token)).not.toMatchObject({ status: 0 });
      expect((await service.stop('SIGTERM')).code).toBe(0);
      expect(await redis.command('DBSIZE')).not.toBe('0');
      const pool = new pg.Pool({ connectionString: postgres.url });
      expect(await verifyPostgresLedger(pool, { node: 'one' })).toMatchObject({ entries: 5, problems: [] });
      await pool.end();
    } finally {
      await Promise.all([redis.stop(), postgres.stop()]);
    }
  });

  it('says what it can do', async () => {
    expect(await run('help')).toContain('verified-mobile-issuer keys rotate <file>');
  });
});
