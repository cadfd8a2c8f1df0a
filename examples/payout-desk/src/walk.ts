import { createOtpClient } from '@verified-mobile/client';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import type { Desk } from './desk.ts';

// Another than the page's, which may be tried right after the walk: each mobile waits between two sends.
const CUSTOMER = '9812345670';
const PAYOUT = { amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' };

/** Walks the whole way once, telling each step. Throws at the first that does not go as it must. */
export async function walk(desk: Desk, tell: (line: string) => void): Promise<void> {
  const { express, koa } = desk.payoutUrls;
  const { developerKey, accessKey, initiatorId, cspId } = SANDBOX_CREDENTIALS;
  const client = createOtpClient({ developerKey, accessKey, initiatorId, baseUrl: `${desk.issuerUrl}/ekoapi/v3` });

  const { otpExpiresAt } = await client.sendOtp({ mobile: CUSTOMER, cspId });
  tell(`send      OTP sent to ${CUSTOMER}, valid until ${otpExpiresAt.toLocaleTimeString('en-GB')}`);
  const sms = await readSms(desk);
  tell(`SMS       ${sms.split('\n')[0]}`);
  const { token, mobile } = await client.verifyOtp({ mobile: CUSTOMER, otp: sms.slice(0, 6) });
  tell(`verify    ${mobile}, otp_verification_token ${token.slice(0, 12)}…`);
  tell(`payout    ${await payout(express, token, { status: 201 })}`);
  tell(`again     ${await payout(express, token, { status: 401, code: 'otp_token_used' })}`);
  tell(`elsewhere ${await payout(koa, token, { status: 401, code: 'otp_token_used' })}`);
}

async function readSms(desk: Desk): Promise<string> {
  const response = await fetch(`${desk.issuerUrl}/sandbox/messages?mobile=${CUSTOMER}`);
  const { messages } = (await response.json()) as { messages: { text: string }[] };
  const [newest] = messages;
  if (newest === undefined) throw new Error('The sandbox has no SMS for the customer.');
  return newest.text;
}

async function payout(url: string, token: string, expected: { status: number; code?: string }): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'otp-verification-token': token },
    body: JSON.stringify(PAYOUT),
  });
  const { code, payoutId } = (await response.json()) as { code?: string; payoutId?: string };
  const outcome = `POST ${url}  ${response.status} ${code ?? `payout ${payoutId}`}`;
  if (response.status === expected.status && code === expected.code) return outcome;
  throw new Error(`${outcome}, where ${expected.status} ${expected.code ?? ''} was expected`);
}
