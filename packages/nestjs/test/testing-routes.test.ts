import { Test } from '@nestjs/testing';
import { transactionHash } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { VerifiedMobileModule } from '@verified-mobile/nestjs';
import request from 'supertest';
import { expect, it } from 'vitest';
import { PayoutsController } from './fixtures/payouts.ts';

it('pays once what the customer approved', async () => {
  const issuer = createTestIssuer();
  const options = { issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() };
  const testing = await Test.createTestingModule({
    imports: [VerifiedMobileModule.forRoot(options)],
    controllers: [PayoutsController],
  }).compile();
  const app = await testing.createNestApplication({ logger: false }).init();

  const payout = { amount: 2500, payee: '026291800001191' };
  const token = issuer.mint({ claims: { transaction_data_hashes: [transactionHash(payout)] } });
  const pay = async (body: object, header: string) =>
    request(app.getHttpServer()).post('/payouts').set('otp-verification-token', header).send(body);

  expect((await pay({ amount: 'all' }, token)).status).toBe(400); // and the token is not consumed
  expect((await pay({ ...payout, amount: 9999 }, token)).body).toMatchObject({ code: 'transaction_mismatch' });
  expect((await pay(payout, token)).status).toBe(201);
  expect((await pay(payout, token)).body).toMatchObject({ status: 401, code: 'otp_token_used' });
  expect((await pay(payout, issuer.mintRefused('mobile_mismatch'))).status).toBe(403);
  await app.close();
});
