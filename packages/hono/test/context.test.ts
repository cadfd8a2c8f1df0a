import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/hono';
import { Hono } from 'hono';
import { expect, it } from 'vitest';

const issuer = createTestIssuer();
const guard = () => requireVerifiedMobile({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() });
const headers = () => ({ 'otp-verification-token': issuer.mint() });

it('gives the routes behind it a typed c.var.verifiedMobile', async () => {
  const app = new Hono().get('/', guard(), (c) => c.text(c.var.verifiedMobile.mobile));
  expect(await (await app.request('/', { headers: headers() })).text()).toBe('+919002336768');
});

it('does not take c.var.verifiedMobile for a proof', async () => {
  const app = new Hono<{ Variables: { verifiedMobile: unknown } }>();
  app.onError((_error, c) => c.text('', 500));
  app.get('/', (c) => {
    c.set('verifiedMobile', { mobile: '+919876543210' });
    return c.json(getVerifiedMobile(c));
  });
  expect((await app.request('/')).status).toBe(500);
});

it('leaves an unread body to the handler, and looks for no token in it', async () => {
  const app = new Hono().post('/', guard(), async (c) => c.text(await c.req.text()));
  const body = JSON.stringify({ otp_verification_token: issuer.mint() });
  const type = { 'content-type': 'application/json' };
  expect((await app.request('/', { method: 'POST', body, headers: type })).status).toBe(401);
  const answer = await app.request('/', { method: 'POST', body: 'as sent', headers: headers() });
  expect(await answer.text()).toBe('as sent');
});
