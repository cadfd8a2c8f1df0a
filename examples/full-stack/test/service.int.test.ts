import { freePort } from '@verified-mobile/test-support/free-port';
import { takenPort } from '@verified-mobile/test-support/taken-port';
import { runProgram } from '@verified-mobile/test-support/program';
import { describe, expect, it } from 'vitest';
import { type Name, PROGRAM, startApp } from './start-app.ts';

const PAYOUT = { amount: 2500, payee: 'Meera Traders' };

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A customer without a browser: an app on a phone, say. */
function customerOf(url: string, cookie: string) {
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const all = { 'content-type': 'application/json', cookie, ...headers };
    const response = await fetch(url + path, { method: 'POST', headers: all, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json().catch(() => undefined) };
  };
  return {
    post,
    pay: async (token: string, payout: unknown, key: string): Promise<Answer> =>
      post('/payouts', payout, { 'otp-verification-token': token, 'idempotency-key': key }),
    paid: async (): Promise<unknown> => (await fetch(`${url}/payouts`, { headers: { cookie } })).json(),
  };
}

async function logIn(url: string, name: Name) {
  const headers = { 'content-type': 'application/json' };
  const { headers: answered } = await fetch(`${url}/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name }),
  });
  return customerOf(url, answered.getSetCookie()[0]!.split(';')[0]!);
}

describe.concurrent('the app, over HTTP alone', () => {
  it('pays what the OTP approved, once, for its customer only, and answers the same request again from its record', async (context) => {
    const { url, newestOtp } = await startApp(context);
    const [asha, ravi] = [await logIn(url, 'Asha'), await logIn(url, 'Ravi')];
    expect(await asha.post('/payouts', PAYOUT)).toMatchObject({
      status: 401,
      body: { code: 'otp_token_missing', action: 'verify_mobile' },
    });
    expect(await asha.post('/otp', { transaction: PAYOUT })).toMatchObject({
      status: 200,
      body: { approving: PAYOUT, mobile: '+91 ******0001' },
    });
    const { body } = await asha.post('/otp/verify', { otp: await newestOtp('Asha') });
    const token = (body as { otpVerificationToken: string }).otpVerificationToken;

    const [mobile, transaction, used] = ['mobile_mismatch', 'transaction_mismatch', 'otp_token_used'];
    expect(await ravi.pay(token, PAYOUT, 'k1')).toMatchObject({ status: 403, body: { code: mobile } });
    expect(await customerOf(url, '').pay(token, PAYOUT, 'k1')).toMatchObject({ status: 403, body: { code: mobile } });
    for (const other of [{ amount: 9000 }, { amount: 2500.5 }, { payee: 'Kiran Stores' }, { payee: 'A thief' }]) {
      const answer = await asha.pay(token, { ...PAYOUT, ...other }, 'k1');
      expect(answer).toMatchObject({ status: 403, body: { code: transaction } });
    }
    const answers = await Promise.all([1, 2, 3].map(async () => asha.pay(token, PAYOUT, 'k1')));
    expect(answers).toEqual(answers.map(() => ({ status: 201, body: PAYOUT })));
    expect(await asha.pay(token, PAYOUT, 'k2')).toMatchObject({ status: 401, body: { code: used } });
    expect([await asha.paid(), await ravi.paid()]).toEqual([[PAYOUT], []]);
  });

  it('sends no OTP for what is no payout, nor to who is not logged in', async (context) => {
    const { url, newestSms } = await startApp(context);
    const asha = await logIn(url, 'Asha');
    for (const transaction of [undefined, { ...PAYOUT, amount: -1 }, { ...PAYOUT, payee: 'A thief' }]) {
      expect(await asha.post('/otp', { transaction })).toMatchObject({ status: 400 });
    }
    const stranger = customerOf(url, 'session=1');
    expect(await stranger.post('/otp', { transaction: PAYOUT })).toMatchObject({ status: 401 });
    expect(await stranger.post('/login', { name: 'Nobody' })).toMatchObject({ status: 401 });
    expect(await newestSms('Asha')).toBe('no SMS');
  });

  it('serves its page under a strict policy, a session that no script reads, and no stack', async (context) => {
    const { url } = await startApp(context);
    const policy = (await fetch(url)).headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; .*trusted-types 'none'$/);
    const headers = { 'content-type': 'application/json' };
    const loggedIn = await fetch(`${url}/login`, { method: 'POST', headers, body: '{"name":"Asha"}' });
    expect(loggedIn.headers.get('set-cookie')).toMatch(/^session=[0-9a-f-]{36}; Path=\/; HttpOnly; SameSite=Strict$/);
    const broken = await fetch(`${url}/payouts`, { method: 'POST', headers, body: '{"amount": 25' });
    expect([broken.status, await broken.text()]).toEqual([400, '{"status":400,"detail":"The body cannot be read."}']);
  });
});

describe('start', () => {
  it('takes no sandbox in production, but names a setting that is missing', async () => {
    const { code, output } = await runProgram(PROGRAM, { NODE_ENV: 'production' }).exit;
    expect(output).toBe('OTP_CSP_ID is not set. Set it to what your account with the issuer says.\n');
    expect(code).toBe(1);
  });

  it.each(['PORT', 'ISSUER_PORT'])('says which port is taken and that %s moves it', async (setting) => {
    const port = await takenPort();
    const ports = { PORT: await freePort(), ISSUER_PORT: await freePort() };
    const { code, output } = await runProgram(PROGRAM, { ...ports, [setting]: port }).exit;
    expect(output).toContain(`Port ${port} is taken`);
    expect(output).toContain(setting);
    expect(code).toBe(1);
  });
});
