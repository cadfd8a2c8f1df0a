import { NestFactory } from '@nestjs/core';
import { transactionHash } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { AppModule } from './fixtures/configured.ts';
import { serveKeys } from './key-server.ts';

it('takes its options of ConfigService, and listens when the guard is ready', async () => {
  const issuer = createTestIssuer();
  const { url, fetched } = await serveKeys(issuer);
  const settings = { OTP_ISSUER: issuer.issuer, OTP_AUDIENCE: issuer.audience, OTP_JWKS_URL: url };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());

  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  onTestFinished(async () => app.close());
  await app.listen(0, '127.0.0.1');
  expect(fetched).toEqual(['/jwks.json']);

  const payout = { amount: 2500, payee: '026291800001191' };
  const token = issuer.mint({ claims: { transaction_data_hashes: [transactionHash(payout)] } });
  const headers = { 'content-type': 'application/json', 'otp-verification-token': token };
  const pay = async (): Promise<number> =>
    (await fetch(`${await app.getUrl()}/payouts`, { method: 'POST', headers, body: JSON.stringify(payout) })).status;
  expect([await pay(), await pay()]).toEqual([201, 401]);
});

it('does not start without one of them, and says which', async () => {
  const created = NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await expect(created).rejects.toThrow('OTP_ISSUER');
});
