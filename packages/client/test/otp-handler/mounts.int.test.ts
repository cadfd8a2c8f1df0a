import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedSandbox, serveSandbox } from './sandbox.ts';
import { SHOPS } from './services.ts';

const PAYOUT = { amount: 2500, payee: 'Asha Stores', note: 'rent' };

let sandbox: ServedSandbox;
beforeAll(async () => (sandbox = await serveSandbox()));
afterAll(async () => sandbox.close());

let customers = 0;
/** Each test is another customer, or one would wait for the other's pause between two OTPs. */
const nextMobile = (): string => String(9_800_000_000 + (customers += 1));

describe.each(SHOPS)('a shop on %s', (_name, shop) => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer(await shop(sandbox.client(), sandbox.guardOptions)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close().closeAllConnections());

  const post = async (path: string, body: object, headers: Record<string, string>) => {
    const all = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers };
    const response = await fetch(url + path, { method: 'POST', headers: all, body: JSON.stringify(body) });
    const text = await response.text();
    return { response, status: response.status, text, body: parsed(text) };
  };

  it('leads a customer from a 401 to a payout, which passes once and only as it was approved', async () => {
    const mobile = nextMobile();
    const cookie = { cookie: `session=${mobile}` };
    const first = await post('/payouts', PAYOUT, cookie);
    expect(first).toMatchObject({ status: 401, body: { code: 'otp_token_missing', action: 'verify_mobile' } });

    const sent = await post('/api/otp', { transaction: PAYOUT }, cookie);
    expect(sent.response.headers.get('cache-control')).toBe('no-store');
    expect(sent).toMatchObject({
      status: 200,
      body: {
        expiresAt: Math.floor((sandbox.clock.now + 300_000) / 1000) * 1000,
        resendAfterSeconds: 30,
        approving: { amount: 2500, payee: 'Asha Stores' },
        mobile: `+91 ******${mobile.slice(-4)}`,
      },
    });
    const [sms] = await sandbox.messages(mobile);
    expect(sms?.text).toMatch(/2,?500.*Asha Stores/s);

    const verified = await post('/api/otp/verify', { otp: await sandbox.newestCode(mobile) }, cookie);
    expect(verified.status).toBe(200);
    const { otpVerificationToken: token } = verified.body as { otpVerificationToken: string };
    const proven = { ...cookie, 'otp-verification-token': token };
    expect(await post('/payouts', { ...PAYOUT, amount: 2501 }, proven)).toMatchObject({
      status: 403,
      body: { code: 'transaction_mismatch' },
    });
    expect(await post('/payouts', PAYOUT, proven)).toMatchObject({ status: 201, body: { paid: true } });
    expect(await post('/payouts', PAYOUT, proven)).toMatchObject({ status: 401, body: { code: 'otp_token_used' } });
  });

  it('sends no SMS for a page of another site, and verifies nothing', async () => {
    const mobile = nextMobile();
    const foreign = { cookie: `session=${mobile}`, 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' };
    for (const [path, body] of [
      ['/api/otp', { transaction: PAYOUT }],
      ['/api/otp/verify', { otp: '123456' }],
    ] as const) {
      expect(await post(path, body, foreign)).toMatchObject({ status: 403, body: { code: 'otp_cross_site' } });
    }
    expect(await sandbox.messages(mobile)).toEqual([]);
  });

  it('sends no SMS for nobody, for no transaction, nor when its sessions are out of reach', async () => {
    const mobile = nextMobile();
    const cookie = `session=${mobile}`;
    expect(await post('/api/otp', { transaction: PAYOUT, mobile }, {})).toMatchObject({
      status: 401,
      body: { code: 'otp_not_logged_in' },
    });
    expect(await post('/api/otp', { mobile }, { cookie })).toMatchObject({
      status: 400,
      body: { code: 'otp_invalid_request' },
    });
    expect((await post('/api/otp', { transaction: PAYOUT }, { cookie: 'session=broken' })).status).toBe(500);
    expect(await sandbox.messages(mobile)).toEqual([]);
  });

  it('refuses a wrong code in fixed words', async () => {
    const mobile = nextMobile();
    const cookie = { cookie: `session=${mobile}` };
    await post('/api/otp', { transaction: PAYOUT }, cookie);
    const code = await sandbox.newestCode(mobile);
    const wrong = await post('/api/otp/verify', { otp: code === '111111' ? '222222' : '111111' }, cookie);
    expect(wrong).toMatchObject({ status: 400, body: { code: 'otp_wrong' } });
    expect(wrong.text).not.toMatch(/111111|222222|verification failed/);
    expect((await post('/api/otp/verify', { otp: code }, cookie)).status).toBe(200);
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
