import {
  type SendOtpAnswer,
  type SendOtpRequest,
  signedHeaders,
  type VerifyOtpAnswer,
  type VerifyOtpRequest,
  WIRE_PATHS,
} from '@verified-mobile/client';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import type { Desk } from './desk.ts';

const CUSTOMER = '9876543210';
const PAYOUT = { amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' };

/** Walks the whole way once, telling each step. Throws at the first that does not go as it must. */
export async function walk(desk: Desk, tell: (line: string) => void): Promise<void> {
  const { express, koa } = desk.payoutUrls;
  tell(`send      ${await sendOtp(desk)}`);
  const sms = await readSms(desk);
  tell(`SMS       ${sms.split('\n')[0]}`);
  const token = await verifyOtp(desk, sms.slice(0, 6));
  tell(`verify    otp_verification_token ${token.slice(0, 12)}…`);
  tell(`payout    ${await payout(express, token, { status: 201 })}`);
  tell(`again     ${await payout(express, token, { status: 401, code: 'otp_token_used' })}`);
  tell(`elsewhere ${await payout(koa, token, { status: 401, code: 'otp_token_used' })}`);
}

async function sendOtp(desk: Desk): Promise<string> {
  const { initiatorId, cspId } = SANDBOX_CREDENTIALS;
  const body: SendOtpRequest = { initiator_id: initiatorId, csp_id: cspId, mobile: CUSTOMER };
  const { status, message } = (await callIssuer(desk, 'POST', WIRE_PATHS.sendOtp, body)) as SendOtpAnswer;
  if (status !== 0) throw new Error(`Send OTP answered: ${message}`);
  return message;
}

async function readSms(desk: Desk): Promise<string> {
  const response = await fetch(`${desk.issuerUrl}/sandbox/messages?mobile=${CUSTOMER}`);
  const { messages } = (await response.json()) as { messages: { text: string }[] };
  const [newest] = messages;
  if (newest === undefined) throw new Error('The sandbox has no SMS for the customer.');
  return newest.text;
}

async function verifyOtp(desk: Desk, otp: string): Promise<string> {
  const body: VerifyOtpRequest = { initiator_id: SANDBOX_CREDENTIALS.initiatorId, otp, mobile: CUSTOMER };
  const { data, message } = (await callIssuer(desk, 'PUT', WIRE_PATHS.verifyOtp, body)) as VerifyOtpAnswer;
  const token = data?.otp_verification_token;
  if (token === undefined) throw new Error(`Verify OTP answered: ${message}`);
  return token;
}

async function callIssuer(desk: Desk, method: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${desk.issuerUrl}/ekoapi/v3${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...signedHeaders(SANDBOX_CREDENTIALS) },
    body: JSON.stringify(body),
  });
  return response.json();
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
