import { fileURLToPath } from 'node:url';
import { createOtpClient } from '@verified-mobile/client';
import { serve } from '@verified-mobile/issuer/node';
import { createSandbox, SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '@verified-mobile/test-support/free-port';
import { runProgram } from '@verified-mobile/test-support/program';
import { takenPort } from '@verified-mobile/test-support/taken-port';

const PROGRAM = fileURLToPath(new URL('../dist/server.js', import.meta.url));
const PAYOUT = { amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' };
const CUSTOMER = '9876543210';

const stopAfterTest: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stopAfterTest.splice(0)) await stop();
});

async function start(environment: Record<string, string>) {
  const port = await freePort();
  const service = runProgram(PROGRAM, { ...environment, PORT: port });
  await service.says(`http://localhost:${port}/payouts`);
  return async (token: string) => {
    const response = await fetch(`http://localhost:${port}/payouts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'otp-verification-token': token },
      body: JSON.stringify(PAYOUT),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
}

/** The sandbox on a port of its own, and how a customer gets a token from it. */
async function openSandbox() {
  const sandbox = createSandbox({ publicUrl: 'http://localhost:4000' });
  const server = await serve(sandbox.fetch, { port: 0, hostname: '127.0.0.1' });
  const close = async (): Promise<void> => server.close().catch(() => undefined);
  stopAfterTest.push(close);
  const { developerKey, accessKey, initiatorId, cspId } = SANDBOX_CREDENTIALS;
  const baseUrl = `${server.url}/ekoapi/v3`;
  const getToken = async (): Promise<string> => {
    const client = createOtpClient({ developerKey, accessKey, initiatorId, baseUrl });
    await client.sendOtp({ mobile: CUSTOMER, cspId });
    const inbox = await fetch(`${server.url}/sandbox/messages?mobile=${CUSTOMER}`);
    const { messages } = (await inbox.json()) as { messages: { text: string }[] };
    return (await client.verifyOtp({ mobile: CUSTOMER, otp: messages[0]!.text.slice(0, 6) })).token;
  };
  return { baseUrl, getToken, close };
}

it('pays once on a token that the sandbox vouches for, with no account set', async () => {
  const { baseUrl, getToken, close } = await openSandbox();
  const pay = await start({ EKO_BASE_URL: baseUrl });
  const token = await getToken();
  const [first, second] = await Promise.all([pay(token), pay(token)]);
  expect(new Set([first.status, second.status])).toEqual(new Set([201, 401]));
  const { payoutId, proofId, ...rest } = first.status === 201 ? first.body : second.body;
  expect([payoutId, proofId]).toEqual([expect.any(String), expect.stringMatching(/^[\w-]{22}$/)]);
  expect(rest).toEqual({ ...PAYOUT, mobile: `+91${CUSTOMER}` });

  const forged = `${token.slice(0, -8)}AAAAAAAA`;
  expect(await pay(forged)).toMatchObject({ status: 401, body: { code: 'otp_token_invalid' } });
  await close();
  expect(await pay(token)).toMatchObject({ status: 503, body: { code: 'guard_unavailable' } });
});

it('starts with nothing set at all, for the sandbox on port 4000', async () => {
  const pay = await start({});
  expect(await pay('no.token.x')).toMatchObject({ status: 401, body: { code: 'otp_token_invalid' } });
});

it.each([
  ['elsewhere', { EKO_BASE_URL: 'https://staging.eko.in/ekoapi/v3' }, 'EKO_DEVELOPER_KEY'],
  ['elsewhere, by half', { EKO_BASE_URL: 'https://otp.test', EKO_DEVELOPER_KEY: 'dev' }, 'EKO_ACCESS_KEY'],
  ['in production', { NODE_ENV: 'production' }, 'EKO_DEVELOPER_KEY'],
  ['by half', { EKO_DEVELOPER_KEY: 'dev', EKO_ACCESS_KEY: 'access' }, 'EKO_INITIATOR_ID'],
])('does not start with an account missing %s, and says what to set', async (_where, environment, name) => {
  const { code, output } = await runProgram(PROGRAM, environment).exit;
  expect(output).toMatch(new RegExp(`^${name} is not set\\. Set it to .+\n$`));
  expect(code).toBe(1);
});

it.each([
  ['http://otp.test/ekoapi/v3', 'baseUrl must be an https URL'],
  ['localhost:4000', 'baseUrl must be an https URL'],
])('does not start on EKO_BASE_URL %s', async (url, told) => {
  const account = { EKO_DEVELOPER_KEY: 'dev', EKO_ACCESS_KEY: 'access', EKO_INITIATOR_ID: '1234567891' };
  const { code, output } = await runProgram(PROGRAM, { ...account, EKO_BASE_URL: url }).exit;
  expect(output).toContain(told);
  expect(code).toBe(1);
});

it('does not start on a taken port, and says how to move', async () => {
  const port = await takenPort();
  const { code, output } = await runProgram(PROGRAM, { PORT: String(port) }).exit;
  expect(output).toMatch(new RegExp(`^Port ${port} is taken\\. .*PORT`));
  expect(code).toBe(1);
});
