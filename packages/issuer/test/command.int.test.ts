import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createOtpClient, type OtpClient, signedHeaders } from '@verified-mobile/client';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey, type IssuerAccount } from '@verified-mobile/issuer';
import { verifyPostgresLedger } from '@verified-mobile/issuer/ledger';
import { freePort } from '@verified-mobile/test-support/free-port';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { BANK, sendBody, SHOP } from './support/issuer-under-test.ts';
import { STRICT } from './support/signed-messages.ts';

const COMMAND = fileURLToPath(new URL('../dist/command.js', import.meta.url));
const CALLS = '/ekoapi/v3/tools/kyc/mobile/otp';

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
    service = await startService();
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
    for (const secret of [sentCode(), token, '9002336768', 'shop-access-key-1']) {
      expect(output).not.toContain(secret);
      expect(ledger).not.toContain(secret);
    }
    expect(await run('ledger', 'verify', join(folder, 'ledger'))).toMatch(/^5 entries\. All as written\. Head 5:/);
  });

  it('finds a changed line in its ledger, and says so with exit code 1', async () => {
    service = await startService();
    await verified(service);
    await service.stop('SIGTERM');
    const path = join(folder, 'ledger', 'ledger-000000000001.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"account":"shop"', '"account":"bank"'));
    await expect(run('ledger', 'verify', join(folder, 'ledger'))).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('ledger-000000000001.jsonl:1: entry 1 was changed.') as string,
    });
  });

  it('reads accounts and keys again on SIGHUP, and keeps the old ones where the new ones cannot stand', async () => {
    service = await startService();
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

  it('takes signed messages from the SIGHUP on that says so, but none from before it started', async () => {
    service = await startService();
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
      client.verifyOtp({ mobile: '9002336768', otp: sentCode() }).catch((error: Error) => error.message);
    expect(await attempt(from(0, false))).toContain('messageSignature: true');
    // A minute or more, and the client would blame its clock.
    expect(await attempt(from(-55_000))).toContain('Nothing took effect: call again.');
    // As far ahead as it may be: otherwise it would have to wait until the process has run for five seconds.
    expect(await attempt(from(5_000))).toMatchObject({ mobile: '+919002336768' });
  });

  it('answers the requests under way before it ends', async () => {
    service = await startService({ slowSms: true });
    const answer = service.call('POST', CALLS, sendBody());
    await service.says('handing over');
    const ended = service.stop('SIGTERM');
    expect(await answer).toMatchObject({ message: 'OTP has been sent' });
    expect((await ended).code).toBe(0);
  });

  it('shows metrics on a port of its own, on this machine only', async () => {
    service = await startService();
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
      'each node would consume a token once. Set it to redis.',
    ],
    [
      'an account with message signatures and no replay store',
      { ISSUER_REPLAY_STORE: undefined, ISSUER_ACCOUNTS: JSON.stringify([STRICT]), ISSUER_ACCOUNTS_FILE: undefined },
      'accounts[0].requireMessageSignature needs a replay store',
    ],
    ['a replay store in a Redis that is not named', { ISSUER_REPLAY_STORE: 'redis' }, 'ISSUER_REDIS_URL is missing'],
    ['an unknown log level', { ISSUER_LOG_LEVEL: 'loud' }, 'ISSUER_LOG_LEVEL must be one of'],
  ])('does not start with %s, and names the setting', async (_, changes, message) => {
    const env = { ...(await environment()), ...changes };
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
      service = await startService({ more: sharedBy(redis, postgres) });
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

  it.skipIf(!hasRedis)('outlives a restart of Redis and of PostgreSQL, and is not ready meanwhile', async () => {
    const [redis, postgres] = [await startRedis(), await startPostgres()];
    try {
      service = await startService({ more: sharedBy(redis, postgres) });
      const ready = async (): Promise<number> => (await fetch(`${service!.url}/ready`)).status;
      await verified(service);
      for (const server of [redis, postgres]) {
        expect(await ready()).toBe(200);
        await server.kill();
        await expect.poll(ready, { interval: 20 }).toBe(503);
        await server.start();
        await expect.poll(ready, { interval: 20 }).toBe(200);
      }
      expect((await service.stop('SIGTERM')).code).toBe(0);
    } finally {
      await Promise.all([redis.stop(), postgres.stop()]);
    }
  });

  it('says what it can do', async () => {
    expect(await run('help')).toContain('verified-mobile-issuer keys rotate <file>');
  });
});

/** The settings of a node among several. */
function sharedBy(redis: RedisServer, postgres: PostgresServer): Record<string, string> {
  return {
    ISSUER_REDIS_URL: redis.url,
    ISSUER_REPLAY_STORE: 'redis',
    ISSUER_LEDGER_POSTGRES_URL: postgres.url,
    ISSUER_LEDGER_FOLDER: '',
    ISSUER_NODE: 'one',
  };
}

interface Service {
  url: string;
  metricsPort: number;
  call: (method: string, path: string, body?: object) => Promise<object>;
  status: (account: IssuerAccount) => Promise<number>;
  hangUp: (expected: string) => Promise<void>;
  says: (text: string) => Promise<void>;
  stop: (signal: NodeJS.Signals) => Promise<{ code: number | null; output: string }>;
}

interface Options {
  slowSms?: boolean;
  more?: Record<string, string>;
}

async function environment(options: Options = {}): Promise<Record<string, string>> {
  const pem = generateSigningKey().export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(folder, 'keys.json'), JSON.stringify([{ pem }]));
  writeFileSync(join(folder, 'accounts.json'), JSON.stringify([SHOP]));
  const wait = options.slowSms
    ? `process.stdout.write('handing over\\n'); await new Promise((resolve) => setTimeout(resolve, 300));`
    : '';
  writeFileSync(
    join(folder, 'sms.mjs'),
    `import { writeFileSync } from 'node:fs';
     export default async ({ text }) => { ${wait} writeFileSync(${JSON.stringify(join(folder, 'sms.txt'))}, text); return { outcome: 'accepted' }; };`,
  );
  return {
    ISSUER_URL: 'https://otp.test',
    ISSUER_PORT: String(await freePort()),
    ISSUER_HOST: '127.0.0.1',
    ISSUER_METRICS_PORT: String(await freePort()),
    ISSUER_ACCOUNTS_FILE: join(folder, 'accounts.json'),
    ISSUER_KEYS_FILE: join(folder, 'keys.json'),
    ISSUER_PEPPERS: Buffer.alloc(32, 'pepper').toString('base64'),
    ISSUER_SMS_MODULE: join(folder, 'sms.mjs'),
    ISSUER_REPLAY_STORE: 'memory',
    ISSUER_LEDGER_FOLDER: join(folder, 'ledger'),
    ...options.more,
  };
}

async function startService(options: Options = {}): Promise<Service> {
  const env = await environment(options);
  const child: ChildProcess = spawn(process.execPath, [COMMAND], { env });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output.text += String(chunk)));
  const exit = once(child, 'exit').then(([code]) => ({ code: code as number | null, output: output.text }));
  const says = async (text: string): Promise<void> => {
    const failed = exit.then(() => {
      throw new Error(`ended with: ${output.text}`);
    });
    failed.catch(() => undefined);
    while (!output.text.includes(text)) await Promise.race([once(child.stdout!, 'data'), failed]);
  };
  await says('"msg":"metrics"');
  const url = `http://127.0.0.1:${env['ISSUER_PORT']}`;
  const request = async (method: string, path: string, body?: object, account = SHOP): Promise<Response> => {
    const keys = { developerKey: account.developerKey, accessKey: account.accessKeys[0] ?? '' };
    const headers = { 'content-type': 'application/json', ...signedHeaders(keys) };
    return fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  };
  return {
    url,
    metricsPort: Number(env['ISSUER_METRICS_PORT']),
    call: async (method, path, body) => (await (await request(method, path, body)).json()) as object,
    status: async (account) => (await request('PUT', `${CALLS}/verify`, {}, account)).status,
    async hangUp(expected) {
      child.kill('SIGHUP');
      await says(expected);
    },
    says,
    async stop(signal) {
      child.kill(signal);
      return exit;
    },
  };
}

async function verified({ call }: Service): Promise<string> {
  await call('POST', CALLS, sendBody());
  const body = { initiator_id: SHOP.initiatorId, otp: sentCode(), mobile: '9002336768' };
  const { data } = (await call('PUT', `${CALLS}/verify`, body)) as { data: { otp_verification_token: string } };
  return data.otp_verification_token;
}

function sentCode(): string {
  return readFileSync(join(folder, 'sms.txt'), 'utf8').slice(0, 6);
}

async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [COMMAND, ...args])).stdout;
}
