import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import type * as adapter from '@verified-mobile/express';
import { supertestService } from '@verified-mobile/test-support/supertest-service';
import express from 'express';
import { expect, it, vi } from 'vitest';

async function loadCopy(): Promise<typeof adapter> {
  vi.resetModules();
  return import('@verified-mobile/express');
}

it('knows the proof of a request that the guard of another copy of this package let through', async () => {
  const issuer = createTestIssuer();
  const [one, other] = [await loadCopy(), await loadCopy()];
  expect(one.getVerifiedMobile).not.toBe(other.getVerifiedMobile);
  const app = express();
  app.get(
    '/',
    one.requireVerifiedMobile({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() }),
    (req, res) => void res.json(other.getVerifiedMobile(req)),
  );
  const headers = { 'otp-verification-token': issuer.mint({ claims: { jti: 'one' } }) };
  const answer = await supertestService(app)({ method: 'GET', path: '/', headers });
  expect(JSON.parse(answer.body)).toMatchObject({ tokenId: 'one', mobile: '+919002336768' });
});
