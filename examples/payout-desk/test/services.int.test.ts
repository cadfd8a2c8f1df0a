import { createOtpClient } from '@verified-mobile/client';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningDesk, startDesk } from './support/page-under-test.ts';

const CUSTOMER = '9876543210';
const PAYOUT = { amount: 2500, account: '026291800001191' };
const SERVICES = ['EXPRESS_PORT', 'KOA_PORT'] as const;

let desk: RunningDesk;
beforeAll(async () => void (desk = await startDesk()));
afterAll(() => void desk.program.child.kill());

/** A token for the payout, approved by this mobile. */
async function tokenOf(mobile: string): Promise<string> {
  await fetch(`${desk.url}tries/start-over`, { method: 'POST' });
  const { audience: _audience, cspId, ...account } = SANDBOX_CREDENTIALS;
  const client = createOtpClient({ ...account, baseUrl: `${desk.url}ekoapi/v3` });
  const transaction = { amount: PAYOUT.amount, currency: 'INR', payee: PAYOUT.account };
  await client.sendOtp({ mobile, cspId, transaction });
  const answer = await fetch(`${desk.url}sandbox/messages?mobile=${mobile}`);
  const { messages } = (await answer.json()) as { messages: { text: string }[] };
  return (await client.verifyOtp({ mobile, otp: messages[0]!.text.slice(0, 6) })).token;
}

async function pay(
  service: (typeof SERVICES)[number],
  token: string,
  payout: unknown = PAYOUT,
  key?: string,
): Promise<{ status: number; code?: string; payoutId?: string }> {
  const response = await fetch(`http://localhost:${desk.ports[service]}/payouts`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'otp-verification-token': token,
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify(payout),
  });
  return { ...((await response.json()) as object), status: response.status };
}

it('has tries that come together run one after the other, each with a token of its own', async () => {
  await fetch(`${desk.url}tries/start-over`, { method: 'POST' });
  const answers = await Promise.all(
    Array.from({ length: 5 }, async () => (await fetch(`${desk.url}tries/two-tabs`, { method: 'POST' })).json()),
  );
  const statuses = answers.map((answer) => {
    const given = (answer as { answers?: { status: number }[] }).answers ?? [];
    return given.map(({ status }) => status).toSorted((a, b) => a - b);
  });
  expect(statuses).toEqual(Array.from({ length: 5 }, () => [201, 401]));
});

describe.each(SERVICES)('the payout service at %s', (service) => {
  it('takes the proof of its own customer alone', async () => {
    expect(await pay(service, await tokenOf('9812345670'))).toMatchObject({ status: 403, code: 'mobile_mismatch' });
  });

  it('pays what was approved and nothing else, and another try does not use the proof up', async () => {
    const token = await tokenOf(CUSTOMER);
    const others = [
      { ...PAYOUT, amount: 2501 },
      { ...PAYOUT, account: '026291800001192' },
      { ...PAYOUT, amount: '2500' },
      {},
    ];
    for (const payout of others) {
      expect(await pay(service, token, payout)).toMatchObject({ status: 403, code: 'transaction_mismatch' });
    }
    expect(await pay(service, token)).toMatchObject({ status: 201, ...PAYOUT });
  });

  it('answers a retry by its key from the record, here and in no other service', async () => {
    const token = await tokenOf(CUSTOMER);
    const { payoutId } = await pay(service, token, PAYOUT, 'key-1');
    expect(await pay(service, token, PAYOUT, 'key-1')).toMatchObject({ status: 200, payoutId });
    expect(await pay(service, token, PAYOUT, 'key-2')).toMatchObject({ status: 401, code: 'otp_token_used' });
    const other = SERVICES.find((name) => name !== service);
    expect(await pay(other!, token, PAYOUT, 'key-1')).toMatchObject({ status: 401, code: 'otp_token_used' });
  });

  it('answers a body that is no JSON with 400', async () => {
    const url = `http://localhost:${desk.ports[service]}/payouts`;
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'POST', headers, body: '{"otp": LEAK' })).status).toBe(400);
  });
});
