import { createOtpClient } from '@verified-mobile/client';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { sandboxCalls } from './customers-phone.ts';
import { CUSTOMER, PAYOUT, transactionOf } from './demo.ts';
import type { Desk } from './desk.ts';
import { payoutCalls, type PayoutUrls } from './payout-calls.ts';

/** Walks the whole way once, telling each step. Throws at the first that does not go as it must. */
export async function walk({ issuerUrl, payoutUrls }: Desk, tell: (line: string) => void): Promise<void> {
  const { developerKey, accessKey, initiatorId } = SANDBOX_CREDENTIALS;
  const client = createOtpClient({ developerKey, accessKey, initiatorId, baseUrl: `${issuerUrl}/ekoapi/v3` });
  const sandbox = sandboxCalls(issuerUrl);
  const { mobile } = CUSTOMER;

  const { otpExpiresAt } = await client.sendOtp({ ...CUSTOMER, transaction: { ...transactionOf(PAYOUT)! } });
  tell(`send      OTP sent to ${mobile}, valid until ${otpExpiresAt.toLocaleTimeString('en-GB')}`);
  const sms = await sandbox.newestSms();
  tell(`SMS       ${sms.split('\n')[0]}`);
  const verified = await client.verifyOtp({ mobile, otp: sms.slice(0, 6) });
  const { token } = verified;
  tell(`verify    ${verified.mobile}, otp_verification_token ${token.slice(0, 12)}…`);
  tell(`payout    ${await payout(payoutUrls, 'express', token, { status: 201 })}`);
  tell(`again     ${await payout(payoutUrls, 'express', token, { status: 401, code: 'otp_token_used' })}`);
  tell(`elsewhere ${await payout(payoutUrls, 'koa', token, { status: 401, code: 'otp_token_used' })}`);
  // The page begins with an empty phone, and without the pause between two sends to one mobile.
  await sandbox.reset();
}

async function payout(
  urls: PayoutUrls,
  service: keyof PayoutUrls,
  token: string,
  expected: { status: number; code?: string },
): Promise<string> {
  const response = await payoutCalls(urls)(service, { attempt: 'walk', payout: PAYOUT, token });
  const { code, payoutId } = (await response.json()) as { code?: string; payoutId?: string };
  const outcome = `POST ${urls[service]}  ${response.status} ${code ?? `payout ${payoutId}`}`;
  if (response.status === expected.status && code === expected.code) return outcome;
  throw new Error(`${outcome}, where ${expected.status} ${expected.code ?? ''} was expected`);
}
