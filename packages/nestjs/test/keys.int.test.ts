import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { serveKeys } from './key-server.ts';
import { serviceOf, startApplication } from './nest-service.ts';
import { NEST_VERSIONS } from './nest-versions.ts';

it.each(NEST_VERSIONS)('fetches the keys that the environment names once for all routes: $name', async (version) => {
  const { Controller, Post } = version.nest.common;
  const { RequireVerifiedMobile, VerifiedMobileModule } = version.adapter;
  const issuer = createTestIssuer();
  const { url, fetched } = await serveKeys(issuer);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('VERIFIED_MOBILE_ISSUER', issuer.issuer);
  vi.stubEnv('VERIFIED_MOBILE_AUDIENCE', issuer.audience);
  vi.stubEnv('VERIFIED_MOBILE_JWKS_URL', url);

  @Controller()
  class PayoutsController {
    @RequireVerifiedMobile({ maxAgeSeconds: 60 })
    @Post('payouts')
    pay(): void {}

    @RequireVerifiedMobile({ maxAgeSeconds: 120 })
    @Post('loans')
    lend(): void {}
  }
  const imports = [VerifiedMobileModule.forRoot({ replayStore: isolatedMemoryReplayStore() })];
  const send = serviceOf(async () => startApplication(version, { imports, controllers: [PayoutsController] }));
  for (const path of ['/payouts', '/loans']) {
    const headers = { 'otp-verification-token': issuer.mint() };
    expect((await send({ method: 'POST', path, headers })).status).toBe(201);
  }
  expect(fetched).toEqual(['/jwks.json']);
});
