import { fileURLToPath } from 'node:url';
import { createTestIssuer } from '@verified-mobile/core/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@verified-mobile/test-support/free-port';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { runProgram } from '@verified-mobile/test-support/program';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { takenPort } from '@verified-mobile/test-support/taken-port';

const SERVER = fileURLToPath(new URL('../dist/server.js', import.meta.url));
const PAYOUT = { amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' };

const issuer = createTestIssuer({ algorithm: 'HS256' });
const GUARD = {
  VERIFIED_MOBILE_ISSUER: issuer.issuer,
  VERIFIED_MOBILE_AUDIENCE: issuer.audience,
  VERIFIED_MOBILE_SECRET: Buffer.from(issuer.jwk.k!, 'base64url').toString('base64'),
};

const stopAfterTest: (() => void)[] = [];
afterEach(() => stopAfterTest.splice(0).forEach((stop) => stop()));

async function startService(environment: Record<string, string>) {
  const port = await freePort();
  const service = runProgram(SERVER, { ...GUARD, ...environment, PORT: port });
  await service.says(`http://localhost:${port}/payouts`);
  const pay = async (token: string, key?: string) => {
    const headers = {
      'content-type': 'application/json',
      'otp-verification-token': token,
      ...(key !== undefined && { 'idempotency-key': key }),
    };
    const request = { method: 'POST', headers, body: JSON.stringify(PAYOUT) };
    const response = await fetch(`http://localhost:${port}/payouts`, request);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  /** On a slow machine the store may be late, and the guard answers 503: the same request, until it is known. */
  const payUntilKnown: typeof pay = async (...request) => {
    for (;;) {
      const answer = await pay(...request);
      if (answer.status !== 503) return answer;
    }
  };
  /** Pays with a fresh token; with another one if it is not known whether the first was consumed. */
  const payAnew = async (key?: string) => {
    for (;;) {
      const token = issuer.mint();
      const answer = await pay(token, key);
      if (answer.status !== 503) return { token, answer };
    }
  };
  return { ...service, pay, payUntilKnown, payAnew };
}

describe.skipIf(!hasRedis)('several payout services', () => {
  let redis: RedisServer;
  beforeAll(async () => void (redis = await startRedis('--appendonly', 'yes')));
  afterAll(async () => redis.stop());
  const start = async (service: string, environment: Record<string, string> = {}) =>
    startService({ REDIS_URL: redis.url, SERVICE: service, ...environment });

  it('pay once on a token that all of them are sent at the same moment', async () => {
    const services = await Promise.all(['salaries', 'vendors', 'refunds'].map(async (name) => start(name)));
    for (let round = 0; round < 5; round += 1) {
      const token = issuer.mint();
      const requests = Array.from({ length: 30 }, async (_, index) => services[index % 3]!.pay(token));
      const answers = await Promise.all(requests);
      const paid = answers.filter(({ status }) => status === 201);
      const unknown = answers.filter(({ status }) => status === 503);
      process.stdout.write(`\nrace of three services: ${paid.length} paid, ${unknown.length} of 30 unknown\n`);
      // A use whose answer came late is a use all the same: then no request may have paid.
      expect([1, unknown.length > 0 ? 0 : 1]).toContain(paid.length);
      const refusals = answers.filter(({ status }) => status !== 201 && status !== 503);
      expect(refusals.map(({ body }) => body['code'])).toEqual(refusals.map(() => 'otp_token_used'));
    }
    const { token } = await services[0]!.payAnew();
    expect((await services[1]!.payUntilKnown(token)).body['code']).toBe('otp_token_used');
    expect(services[1]!.output()).toContain('"service":"vendors","outcome":"refused","code":"otp_token_used"');
  });

  it('answer a repeated request from its record, and pay nothing that nobody remembers', async () => {
    const [salaries, replica, vendors] = await Promise.all(
      ['salaries', 'salaries', 'vendors'].map(async (name) => start(name)),
    );
    const { token, answer: first } = await salaries!.payAnew('payout-1');
    expect(first.status).toBe(201);
    expect(await salaries!.payUntilKnown(token, 'payout-1')).toEqual(first);
    expect(await replica!.payUntilKnown(token, 'payout-1')).toMatchObject({ status: 409 });
    const elsewhere = await vendors!.payUntilKnown(token, 'payout-1');
    expect(elsewhere).toMatchObject({ status: 401, body: { code: 'otp_token_used' } });
    expect(await salaries!.payUntilKnown(token, 'payout-2')).toMatchObject({
      status: 401,
      body: { code: 'otp_token_used' },
    });
  });

  it('refuse a used token after a service was killed and started again', async () => {
    const before = await start('salaries');
    const { token, answer } = await before.payAnew();
    expect(answer).toMatchObject({ status: 201 });
    before.child.kill('SIGKILL');
    await before.exit;
    const after = await start('salaries');
    expect(await after.payUntilKnown(token)).toMatchObject({ status: 401, body: { code: 'otp_token_used' } });
    expect((await after.payAnew()).answer).toMatchObject({ status: 201 });
  });

  it('answer 503 while Redis hangs, pay nothing, and take the same token when it is back', async () => {
    const service = await start('salaries');
    const token = issuer.mint();
    redis.signal('SIGSTOP');
    const hanging = await service.pay(token, 'payout-1');
    redis.signal('SIGCONT');
    expect(hanging).toMatchObject({ status: 503, body: { code: 'guard_unavailable' } });
    const answer = await service.payUntilKnown(token, 'payout-1');
    expect([201, 409]).toContain(answer.status);
    expect((await service.payAnew()).answer).toMatchObject({ status: 201 });
  });
});

describe.skipIf(!hasRedis)('a service whose Redis goes away', () => {
  it('answers 503, and after an empty restart refuses what may have been used', async () => {
    const redis = await startRedis();
    stopAfterTest.push(() => void redis.stop());
    const service = await startService({ REDIS_URL: redis.url, SERVICE: 'salaries' });
    const unused = issuer.mint();
    const { token: used, answer } = await service.payAnew();
    expect(answer).toMatchObject({ status: 201 });
    await redis.kill();
    expect(await service.pay(unused)).toMatchObject({ status: 503 });
    await redis.start();
    expect(await service.payUntilKnown(used)).toMatchObject({ status: 401, body: { code: 'otp_token_expired' } });
    expect(await service.payUntilKnown(unused)).toMatchObject({ status: 401, body: { code: 'otp_token_expired' } });
  });
});

describe.skipIf(!hasRedis)('services with their payouts in PostgreSQL', () => {
  let database: PostgresServer;
  let redis: RedisServer;
  beforeAll(async () => {
    database = await startPostgres();
    redis = await startRedis();
  });
  afterAll(async () => Promise.all([database.stop(), redis.stop()]));

  const rowsOf = async (url: string): Promise<number> => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ count: number }>('SELECT count(*)::int FROM payouts');
    await client.end();
    return rows[0]!.count;
  };

  it('answer a repeated request in every replica, also after a restart, with the one payout', async () => {
    const environment = { REDIS_URL: redis.url, DATABASE_URL: database.url };
    const replicas = await Promise.all([startService(environment), startService(environment)]);
    const { token, answer: first } = await replicas[0].payAnew('payout-1');
    expect(first.status).toBe(201);
    const before = await rowsOf(database.url);
    const requests = Array.from({ length: 20 }, async (_, index) =>
      replicas[index % 2]!.payUntilKnown(token, 'payout-1'),
    );
    const answers = await Promise.all(requests);
    replicas[0].child.kill('SIGKILL');
    const restarted = await startService(environment);
    answers.push(await restarted.payUntilKnown(token, 'payout-1'));
    expect(answers).toEqual(answers.map(() => first));
    expect(await rowsOf(database.url)).toBe(before);
  });

  it('pay nothing on a token and key that another service has paid on, each with a database of its own', async () => {
    const own = new pg.Client(database.url);
    await own.connect();
    await own.query('CREATE DATABASE refunds');
    await own.end();
    const refundsUrl = database.url.replace(/postgres$/, 'refunds');
    const [salaries, refunds] = await Promise.all([
      startService({ REDIS_URL: redis.url, DATABASE_URL: database.url, SERVICE: 'salaries' }),
      startService({ REDIS_URL: redis.url, DATABASE_URL: refundsUrl, SERVICE: 'refunds' }),
    ]);
    const { token } = await salaries.payAnew('payout-1');
    const answer = await refunds.payUntilKnown(token, 'payout-1');
    expect(answer).toMatchObject({ status: 401, body: { code: 'otp_token_used' } });
    expect(await rowsOf(refundsUrl)).toBe(0);
  });

  it('pay nothing on a retry without a record', async () => {
    const service = await startService({ REDIS_URL: redis.url, DATABASE_URL: database.url });
    const { token } = await service.payAnew('payout-1');
    const client = new pg.Client(database.url);
    await client.connect();
    await client.query('DELETE FROM payouts');
    await client.end();
    expect(await service.payUntilKnown(token, 'payout-1')).toMatchObject({ status: 409 });
    expect(await rowsOf(database.url)).toBe(0);
  });
});

describe('a service that cannot start', () => {
  it.each([
    [{}, /^REDIS_URL is not set, or is no URL\. .*redis:\/\//],
    [{ REDIS_URL: 'http://localhost' }, /^REDIS_URL is not set, or is no URL\./],
    [{ REDIS_URL: 'redis://127.0.0.1:1', VERIFIED_MOBILE_ISSUER: '' }, /^VERIFIED_MOBILE_ISSUER is not set\./],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, /^Redis cannot be reached\. .*REDIS_URL/],
    [{ REDIS_URL: 'redis://127.0.0.1:1', PORT: 'http' }, /^PORT must be a port/],
    [{ REDIS_URL: 'redis://127.0.0.1:1', DATABASE_URL: 'postgres://127.0.0.1:1/x' }, /^PostgreSQL cannot be used\./],
  ])('ends with one line that says what to do: %o', async (environment, line) => {
    const { code, output } = await runProgram(SERVER, { ...GUARD, ...(environment as Record<string, string>) }).exit;
    expect(output).toMatch(line);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  it.skipIf(!hasRedis)('ends on a taken port, and on a Redis that evicts', async () => {
    const redis = await startRedis();
    stopAfterTest.push(() => void redis.stop());
    const port = await takenPort();
    const environment = { ...GUARD, REDIS_URL: redis.url, PORT: String(port) };
    const onTaken = await runProgram(SERVER, environment).exit;
    expect(onTaken).toMatchObject({ code: 1, output: expect.stringMatching(/^Port \d+ is taken\. .*PORT/) as string });
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const onEvicting = await runProgram(SERVER, environment).exit;
    expect(onEvicting).toMatchObject({ code: 1, output: expect.stringContaining('noeviction') as string });
  });
});
