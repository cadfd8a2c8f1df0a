import type { ReplayStore } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as payouts from '../next/app/payouts/route';

describe.skipIf(!hasRedis)('two instances on Vercel with one Redis', () => {
  const issuer = createTestIssuer({ algorithm: 'HS256' });
  const stores: ReplayStore[] = [];
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedis();
    const settings = {
      NODE_ENV: 'production',
      VERCEL: '1',
      REDIS_URL: redis.url,
      VERIFIED_MOBILE_ISSUER: issuer.issuer,
      VERIFIED_MOBILE_AUDIENCE: issuer.audience,
      VERIFIED_MOBILE_SECRET: Buffer.from(issuer.jwk.k!, 'base64url').toString('base64'),
    };
    for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all(stores.map(async (store) => store.close?.()));
    await redis.stop();
  });

  it('pay once', async () => {
    const load = async (): Promise<(typeof payouts)['POST']> => {
      vi.resetModules();
      const { POST } = await import('../next/app/payouts/route');
      const { guardOptions } = await import('../next/lib/guard-options');
      stores.push(guardOptions.replayStore!);
      await POST.ready();
      return POST;
    };
    const instances = [await load(), await load()];
    const headers = { 'otp-verification-token': issuer.mint() };
    const pay = async (POST: (typeof payouts)['POST']): Promise<number> =>
      (await POST(new Request('https://desk.test/payouts', { method: 'POST', headers, body: '{}' }))).status;
    const statuses = await Promise.all(instances.map(pay));
    expect(statuses.toSorted((one, other) => one - other)).toEqual([201, 401]);
  });
});
