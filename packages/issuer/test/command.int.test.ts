import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createOtpClient, type OtpClient } from '@verified-mobile/client';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileLedger, verifyPostgresLedger } from '@verified-mobile/issuer/ledger';
import { startPostgres } from '@verified-mobile/test-support/postgres-server';
import { hasRedis, startRedis } from '@verified-mobile/test-support/redis-server';
import { BANK, sendBody, SHOP } from './support/issuer-under-test.ts';
import { CALLS, COMMAND, environment, run, type Service, startService, verified } from './support/running-command.ts';
import { STRICT } from './support/signed-messages.ts';

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
    expect(await run('ledger', 'verify', join(folder, 'ledger'))).toMatch(/^6 entries\. All as written\. Head 6:/);
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
        '4 entries. All as written. Checkpoints that were checked: 1.',
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
      stdout: expect.stringContaining(': entries 1 to 4 are missing.') as string,
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

  it('finds in its ledger whether a mobile got an OTP, and what a tid and a request were', async () => {
    const key = Buffer.alloc(32, 'digest').toString('base64');
    service = await startService(folder, { more: { ISSUER_DIGEST_KEY: key } });
    const before = new Date().toISOString();
    const response = await service.request('POST', CALLS, sendBody());
    const { data } = (await response.json()) as { data: { tid: string } };
    await service.call('POST', CALLS, { ...sendBody(), mobile: '9811111111', client_ref_id: 'other' });
    await service.stop('SIGTERM');
    const find = async (...more: string[]): Promise<{ stdout: string }> =>
      promisify(execFile)(process.execPath, [COMMAND, 'ledger', 'find', join(folder, 'ledger'), ...more], {
        env: { ISSUER_DIGEST_KEY: key },
      });
    const outcomes = async (...more: string[]): Promise<unknown[]> =>
      (await find(...more)).stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { outcome: string }).outcome);
    const whole = ['intended', 'accepted'];
    expect(await outcomes('--mobile', '+91 90023 36768', '--from', before)).toEqual(whole);
    expect(await outcomes('--tid', data.tid)).toEqual(whole);
    expect(await outcomes('--request-id', String(response.headers.get('x-request-id')))).toEqual(whole);
    await expect(find('--mobile', '9002336768', '--to', before)).rejects.toMatchObject({ code: 1, stdout: '' });
    await expect(find('--mobile', '9002336769')).rejects.toMatchObject({ code: 1, stdout: '' });
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
    expect(output).toContain('was changed: entries 2 to 4 are missing.');
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
    await service.hangUp('not reloaded, all stays as it was: ISSUER_ACCOUNTS[0].accessKeys must hold');
    expect(await service.status(BANK)).toBe(200);
    const path = `${CALLS}/validate-token?initiator_id=1234567891&otp_verification_token=${token}`;
    expect(await service.call('GET', path)).toMatchObject({ status: 0 });
  });

  it('refuses tokens of a revoked key from the SIGHUP on, and goes on with the next', async () => {
    service = await startService(folder);
    const token = await verified(service);
    const file = join(folder, 'keys.json');
    const [kid = ''] = (await run('keys', 'list', file)).split(' ');
    expect(await run('keys', 'revoke', file, kid)).toContain('send each SIGHUP now');
    await service.hangUp('"msg":"reloaded"');
    const path = `${CALLS}/validate-token?initiator_id=1234567891&otp_verification_token=${token}`;
    expect(await service.call('GET', path)).toMatchObject({ message: 'The OTP verification token is invalid.' });
    const { keys } = (await (await fetch(`${service.url}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string }[];
    };
    expect(keys.map((key) => key.kid)).not.toContain(kid);
  });

  it('takes signed messages from the SIGHUP on that says so, but none from before it started', async () => {
    service = await startService(folder);
    const from = (offsetMs: number, messageSignature = true): OtpClient =>
      createOtpClient({
        developerKey: SHOP.developerKey,
        accessKey: SHOP.accessKeys[0] ?? '',
        initiatorId: SHOP.initiatorId,
        baseUrl: `${service!.url}/ekoapi/v3`,
        messageSignature,
        clock: () => Date.now() + offsetMs,
      });
    await from(0, false).sendOtp({ mobile: '9002336768', cspId: '9002336768' });
    writeFileSync(join(folder, 'accounts.json'), JSON.stringify([STRICT]));
    await service.hangUp('"msg":"reloaded"');
    const attempt = async (client: OtpClient): Promise<unknown> =>
      client.verifyOtp({ mobile: '9002336768', otp: service!.sentCode() }).catch((error: Error) => error.message);
    expect(await attempt(from(0, false))).toContain('messageSignature: true');
    // A minute or more, and the client would blame its clock.
    expect(await attempt(from(-55_000))).toContain('Nothing took effect: call again.');
    // As far ahead as it may be: otherwise it would have to wait until the process has run for five seconds.
    expect(await attempt(from(5_000))).toMatchObject({ mobile: '+919002336768' });
  });

  it('answers the requests under way before it ends', async () => {
    service = await startService(folder, { slowSms: true });
    const answer = service.call('POST', CALLS, sendBody());
    await service.says('handing over');
    const ended = service.stop('SIGTERM');
    expect(await answer).toMatchObject({ message: 'OTP has been sent' });
    expect((await ended).code).toBe(0);
  });

  it('shows metrics on a port of its own', async () => {
    service = await startService(folder);
    await verified(service);
    const text = await service.metrics();
    expect(text).toContain('issuer_codes_sent_total{prefix="9002"} 1');
    expect(text).toContain('issuer_codes_verified_total{prefix="9002"} 1');
    expect(text).toContain('issuer_request_seconds_count{method="PUT",route="/ekoapi/v3/tools/kyc/mobile/otp/verify"');
    expect(text).toContain('issuer_sms_seconds_count{route="module",outcome="accepted"} 1');
    // No answer waits for the ledger.
    await expect.poll(service.metrics, { interval: 20 }).toContain('issuer_ledger_seconds_count{outcome="written"} 4');
    expect(text).toContain('\nprocess_resident_memory_bytes ');
    expect(await (await fetch(`${service.url}/metrics`)).text()).toContain('Wrong URL.');
  });

  it.each([
    ['this machine only, unless told otherwise', {}, '127.0.0.1'],
    ['the address that it is given', { ISSUER_METRICS_HOST: '0.0.0.0' }, '0.0.0.0'],
  ])('shows metrics on %s', async (_, more, address) => {
    service = await startService(folder, { more });
    await service.says(`"url":"http://${address}:${service.metricsPort}/metrics"`);
    expect(await service.metrics()).toContain('# TYPE issuer_events_total counter');
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['no URL', { ISSUER_URL: undefined }, 'ISSUER_URL is missing.'],
    [
      'no peppers',
      { ISSUER_PEPPERS: undefined },
      'ISSUER_PEPPERS_FILE is missing. Set it to a file of "peppers rotate".',
    ],
    ['a short pepper', { ISSUER_PEPPERS: 'c2hvcnQ=' }, 'ISSUER_PEPPERS must hold one or two secrets'],
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
    [
      'an account with message signatures and no replay store',
      { ISSUER_REPLAY_STORE: undefined, ISSUER_ACCOUNTS: JSON.stringify([STRICT]), ISSUER_ACCOUNTS_FILE: undefined },
      'ISSUER_ACCOUNTS[0].requireMessageSignature needs a replay store',
    ],
    ['a metrics address that is none', { ISSUER_METRICS_HOST: 'everywhere' }, 'ISSUER_METRICS_HOST must be an address'],
    [
      'a metrics address of another machine',
      { ISSUER_METRICS_HOST: '192.0.2.1' },
      'Cannot listen on 192.0.2.1 (EADDRNOTAVAIL). Set ISSUER_METRICS_HOST to an address of this machine.',
    ],
    [
      'a metrics address without a port',
      { ISSUER_METRICS_HOST: '127.0.0.1', ISSUER_METRICS_PORT: undefined },
      'ISSUER_METRICS_HOST is set, and ISSUER_METRICS_PORT is missing.',
    ],
    ['a metrics port that is none', { ISSUER_METRICS_PORT: 'x' }, 'ISSUER_METRICS_PORT must be a whole number.'],
    ['a setting that is misspelt', { ISSUER_PEPER: 'c2VjcmV0' }, 'ISSUER_PEPER: no such setting. There are ISSUER_…'],
    ['limits that are no JSON', { ISSUER_LIMITS: '{' }, 'ISSUER_LIMITS is not JSON.'],
    ['an impossible limit', { ISSUER_LIMITS: '{"sendsPerDay":0}' }, 'ISSUER_LIMITS.sendsPerDay must be'],
    ['an impossible deadline', { ISSUER_SMS_TIMEOUT_MS: '0' }, 'ISSUER_SMS_TIMEOUT_MS must be a whole number from 1'],
    ['answers before a ledger that is not there', { ISSUER_LEDGER_WRITES: 'later' }, 'ISSUER_LEDGER_WRITES must be'],
    [
      'a ledger below a file',
      { ISSUER_LEDGER_FOLDER: '/dev/null/ledger' },
      '/dev/null/ledger cannot be written (ENOTDIR)',
    ],
    [
      'a Redis that is no URL',
      { ISSUER_REDIS_URL: 'secret@', ISSUER_REPLAY_STORE: 'redis' },
      'ISSUER_REDIS_URL must be a',
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
      expect(await verifyPostgresLedger(pool, { node: 'one' })).toMatchObject({ entries: 6, problems: [] });
      await pool.end();
    } finally {
      await Promise.all([redis.stop(), postgres.stop()]);
    }
  });

  it('says at its start what is in force, without a secret', async () => {
    service = await startService(folder, { more: { ISSUER_LIMITS: '{"sendsPerHour":7}' } });
    const { output } = await service.stop('SIGTERM');
    expect(JSON.parse(output.slice(0, output.indexOf('\n')))).toMatchObject({
      msg: 'starting',
      issuer: 'https://otp.test',
      environment: 'production',
      store: 'memory',
      replayStore: 'memory',
      ledger: join(folder, 'ledger'),
      sms: `module (${join(folder, 'sms.mjs')})`,
      accounts: ['shop'],
      keys: [expect.any(String)],
      pepperCount: 1,
    });
  });

  it('checks its settings without a connection, and names those that are wrong', async () => {
    const env = {
      ...(await environment(folder)),
      ISSUER_REDIS_URL: 'redis://user:secret@127.0.0.1:1/5',
      ISSUER_REPLAY_STORE: 'redis',
    };
    const check = async (changes: object): Promise<{ stdout: string }> =>
      promisify(execFile)(process.execPath, [COMMAND, 'config', 'check'], { env: { ...env, ...changes } });
    const { stdout } = await check({});
    expect(stdout).toContain('store: redis://127.0.0.1:1/5\n');
    expect(stdout).toContain('The settings are valid.');
    expect(stdout).not.toContain('secret');
    await expect(check({ ISSUER_REFUSAL_TAKES_MS: '5000' })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ISSUER_REFUSAL_TAKES_MS must be a whole number from 0 to 1000') as string,
    });
  });

  it.skipIf(!hasRedis)('waits for a Redis that is away, says so once, and answers /health meanwhile', async () => {
    const redis = await startRedis();
    await redis.kill();
    try {
      const until = 'Redis (ISSUER_REDIS_URL) cannot be reached (ECONNREFUSED). Waiting for it';
      const more = { ISSUER_REDIS_URL: redis.url, ISSUER_REPLAY_STORE: 'redis' };
      service = await startService(folder, { more, until });
      const status = async (path: string): Promise<number> => (await fetch(`${service!.url}${path}`)).status;
      expect([await status('/health'), await status('/ready'), await status(CALLS)]).toEqual([200, 503, 503]);
      await redis.start();
      await service.says('"msg":"metrics"');
      expect(await status('/ready')).toBe(200);
      const { output } = await service.stop('SIGTERM');
      expect(output.split(until)).toHaveLength(2);
    } finally {
      await redis.stop();
    }
  });

  it('waits for a PostgreSQL that is away, and ends on SIGTERM meanwhile', async () => {
    const postgres = await startPostgres();
    await postgres.kill();
    try {
      const until = 'PostgreSQL (ISSUER_LEDGER_POSTGRES_URL) cannot be reached (ECONNREFUSED). Waiting for it';
      const more = { ISSUER_LEDGER_POSTGRES_URL: postgres.url, ISSUER_LEDGER_FOLDER: '' };
      service = await startService(folder, { more, until });
      expect((await service.stop('SIGTERM')).code).toBe(0);
      service = await startService(folder, { more, until });
      await postgres.start();
      await service.says('"msg":"metrics"');
    } finally {
      await postgres.stop();
    }
  });

  it.skipIf(!hasRedis)('does not wait for a Redis that refuses it', async () => {
    const redis = await startRedis('--requirepass', 'another');
    try {
      const env = await environment(folder, {
        more: { ISSUER_REDIS_URL: redis.url.replace('//', '//:secret@'), ISSUER_REPLAY_STORE: 'redis' },
      });
      const failure = promisify(execFile)(process.execPath, [COMMAND], { env });
      await expect(failure).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^Redis refuses the connection\. Check ISSUER_REDIS_URL\. \(WRONGPASS[^\n]*\n$/,
        ) as string,
      });
    } finally {
      await redis.stop();
    }
  });

  it.skipIf(!hasRedis)('releases a mobile at an account that exists, and leaves an event of it', async () => {
    const redis = await startRedis();
    try {
      const env = await environment(folder, { more: { ISSUER_REDIS_URL: redis.url, ISSUER_REPLAY_STORE: 'redis' } });
      const release = async (account: string): Promise<{ stdout: string }> =>
        promisify(execFile)(process.execPath, [COMMAND, 'release', account, '9002336768'], { env });
      await expect(release('shpo')).rejects.toMatchObject({
        code: 1,
        stderr: 'There is no account shpo. There are shop.\n',
      });
      expect((await release('shop')).stdout).toBe('Released.\n');
      const line = readFileSync(join(folder, 'ledger', 'operator', 'ledger-000000000001.jsonl'), 'utf8');
      expect(JSON.parse(line)).toMatchObject({ kind: 'release', account: 'shop', mobile: '+9190******68' });
    } finally {
      await redis.stop();
    }
  });

  it('says in one line that it does not know an argument', async () => {
    await expect(run('keys', 'list', 'keys.json', '--all')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Unknown option '--all'[^\n]*\n$/) as string,
    });
  });

  it('says its version', async () => {
    expect(await run('--version')).toMatch(/^[0-9]+\.[0-9]+\.[0-9]+\n$/);
  });

  it('says what it can do', async () => {
    expect(await run('help')).toContain('verified-mobile-issuer keys rotate <file>');
    const peppers = join(folder, 'peppers.json');
    expect(await run('peppers', 'rotate', peppers)).toMatch(/^\S{8} is used\nCopy the file to every node/);
    expect(await run('peppers', 'list', peppers)).toMatch(/^\S{8} is used\n$/);
  });
});
