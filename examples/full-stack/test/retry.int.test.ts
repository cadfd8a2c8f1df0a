import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@verified-mobile/issuer/node';
import { createSandbox, SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => void vi.unstubAllEnvs());

it('does not pay again on a retry whose record is not there, or not yet', async ({ onTestFinished }) => {
  const issuer = 'http://sandbox.test';
  const sandbox = createSandbox({ publicUrl: issuer });
  const served = await serve(sandbox.fetch, { port: 0, hostname: '127.0.0.1' });
  onTestFinished(served.close);
  const { developerKey, accessKey, initiatorId, cspId, audience } = SANDBOX_CREDENTIALS;
  vi.stubEnv('OTP_BASE_URL', `${served.url}/ekoapi/v3`);
  vi.stubEnv('OTP_DEVELOPER_KEY', developerKey);
  vi.stubEnv('OTP_ACCESS_KEY', accessKey);
  vi.stubEnv('OTP_INITIATOR_ID', initiatorId);
  vi.stubEnv('OTP_CSP_ID', cspId);
  vi.stubEnv('VERIFIED_MOBILE_ISSUER', issuer);
  vi.stubEnv('VERIFIED_MOBILE_AUDIENCE', audience);
  vi.stubEnv('VERIFIED_MOBILE_JWKS_URL', `${served.url}/.well-known/jwks.json`);
  // The app reads its settings as it is loaded.
  const [{ app }, { payouts }] = await Promise.all([import('../src/app.ts'), import('../src/records.ts')]);
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => server.close().closeAllConnections());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const post = async (path: string, body: unknown, headers: Record<string, string>): Promise<Response> => {
    const all = { 'content-type': 'application/json', ...headers };
    return fetch(url + path, { method: 'POST', headers: all, body: JSON.stringify(body) });
  };
  const payout = { amount: 2500, payee: 'Meera Traders' };
  const loggedIn = await post('/login', { name: 'Asha' }, {});
  const cookie = loggedIn.headers.getSetCookie()[0]!.split(';')[0]!;
  await post('/otp', { transaction: payout }, { cookie });
  const inbox = await fetch(`${served.url}/sandbox/messages`);
  const { messages } = (await inbox.json()) as { messages: { text: string }[] };
  const verified = await post('/otp/verify', { otp: messages[0]!.text.slice(0, 6) }, { cookie });
  const { otpVerificationToken: token } = (await verified.json()) as { otpVerificationToken: string };

  const pay = async (): Promise<number> => {
    const headers = { cookie, 'otp-verification-token': token, 'idempotency-key': 'k1' };
    return (await post('/payouts', payout, headers)).status;
  };
  expect(await pay()).toBe(201);
  payouts.splice(0);
  expect(await pay()).toBe(409);
  expect(payouts).toEqual([]);
});
