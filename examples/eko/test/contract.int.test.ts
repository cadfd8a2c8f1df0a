import { createOtpClient, OtpApiError, type OtpClient } from '@verified-mobile/client';
import { createGuard, remoteValidation } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { type RunningServer, serve } from '@verified-mobile/issuer/node';
import { createSandbox, SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { developerKey, accessKey, initiatorId, cspId } = SANDBOX_CREDENTIALS;
const ACCOUNT = { developerKey, accessKey, initiatorId };

const time = { ahead: 0 };
const clock = (): number => Date.now() + time.ahead;
const sandbox = createSandbox({ publicUrl: 'http://localhost:4000', clock });
let server: RunningServer;
beforeAll(async () => (server = await serve(sandbox.fetch, { port: 0, hostname: '127.0.0.1' })));
afterAll(async () => server.close());

const codeIn = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof OtpApiError ? error.code : String(error)),
  );

/** The code of the newest SMS, as a person would read it. */
async function readOtp(mobile: string): Promise<string> {
  const response = await sandbox.fetch(new Request(`http://localhost:4000/sandbox/messages?mobile=${mobile}`));
  const { messages } = (await response.json()) as { messages: { text: string }[] };
  return /^\d{6}/.exec(messages[0]?.text ?? '')?.[0] ?? 'no code was sent';
}

describe.each<[string, () => OtpClient, string]>([
  [
    'in this process',
    () => createOtpClient({ ...ACCOUNT, baseUrl: 'http://localhost:4000/ekoapi/v3', fetch: sandbox.fetch, clock }),
    '9876543210',
  ],
  ['over HTTP', () => createOtpClient({ ...ACCOUNT, baseUrl: `${server.url}/ekoapi/v3`, clock }), '9876543211'],
])('an integration with Eko runs against our issuer %s', (_where, createClient, mobile) => {
  it('from the SMS to a request that passes the guard once', async () => {
    const client = createClient();
    const sent = await client.sendOtp({ mobile, cspId, clientRefId: `ref-${mobile}` });
    expect(sent).toMatchObject({ clientRefId: `ref-${mobile}`, tid: expect.stringMatching(/^\d+$/) as string });
    expect(sent.otpExpiresAt.getTime() - clock()).toBeGreaterThan(290_000);
    expect(sent.otpExpiresAt.getTime() - clock()).toBeLessThanOrEqual(300_000);

    const otp = await readOtp(mobile);
    expect(await codeIn(client.verifyOtp({ mobile, otp: otp === '000000' ? '000001' : '000000' }))).toBe(
      'otp_rejected',
    );
    const { token, ...verified } = await client.verifyOtp({ mobile, otp });
    expect(verified).toMatchObject({ mobile: `+91${mobile}`, clientRefId: `ref-${mobile}` });
    expect(await client.validateToken(token)).toMatchObject({ token, mobile: `+91${mobile}` });
    expect(await codeIn(client.validateToken(`${token.slice(0, -8)}AAAAAAAA`))).toBe('token_invalid');

    const guard = createGuard({
      issuers: { issuer: null, audience: null, keys: remoteValidation(client), claims: { tokenId: null } },
      replayStore: isolatedMemoryReplayStore({ clock }),
      clock,
    });
    const decide = async () => guard.decide({ request: {}, body: { otp_verification_token: token } });
    expect(await decide()).toMatchObject({ outcome: 'passed', proof: { mobile: `+91${mobile}` } });
    expect(await decide()).toMatchObject({ outcome: 'refused', refusal: { code: 'otp_token_used' } });

    time.ahead += 301_000;
    expect(await codeIn(client.validateToken(token))).toBe('token_timed_out');
  });
});

it.each<[string, object, string]>([
  ['another access key', { accessKey: 'another-key' }, 'forbidden'],
  ["another account's initiator", { initiatorId: '9000000000' }, 'user_not_found'],
  ['a clock an hour off', { clock: () => clock() - 3_600_000 }, 'forbidden'],
  ['another path', { baseUrl: 'http://localhost:4000/ekoapi/v2' }, 'unexpected_answer'],
])('an integration with %s is told so', async (_what, changes, code) => {
  const good = { ...ACCOUNT, baseUrl: 'http://localhost:4000/ekoapi/v3', fetch: sandbox.fetch, clock };
  const client = createOtpClient({ ...good, ...changes });
  expect(await codeIn(client.sendOtp({ mobile: '9876543212', cspId }))).toBe(code);
});

it('a send repeated with its clientRefId is the same send: one SMS', async () => {
  const client = createOtpClient({
    ...ACCOUNT,
    baseUrl: 'http://localhost:4000/ekoapi/v3',
    fetch: sandbox.fetch,
    clock,
  });
  const send = async () => client.sendOtp({ mobile: '9876543213', cspId, clientRefId: 'once' });
  const first = await send();
  const otp = await readOtp('9876543213');
  expect(await send()).toEqual(first);
  expect(await readOtp('9876543213')).toBe(otp);
});

describe('a guard that asks through the client', () => {
  const issuer = createTestIssuer();
  const decideWhere = async (answer: (token: string) => Response | Promise<Response>, timeoutMs: number) => {
    const fetch = async ({ url }: Request) => answer(new URL(url).searchParams.get('otp_verification_token') ?? '');
    const client = createOtpClient({ ...ACCOUNT, baseUrl: 'https://otp.test/ekoapi/v3', fetch, retries: 5 });
    const guard = createGuard({
      issuers: { ...issuer.trusted, keys: remoteValidation(client, { timeoutMs }) },
      replayStore: isolatedMemoryReplayStore(),
    });
    const verdict = await guard.decide({ request: {}, body: { otp_verification_token: issuer.mint() } });
    return verdict.outcome === 'refused' ? verdict.refusal.code : verdict.outcome;
  };
  const HANGING = async (): Promise<Response> => new Promise(() => undefined);
  const valid = (otp_verification_token: string, mobile = '9002336768'): Response =>
    Response.json({
      status: 0,
      response_status_id: 0,
      response_type_id: 1633,
      message: 'OTP verification token is valid.',
      data: { client_ref_id: '1', otp_verification_token, initiator_id: '1234567891', mobile, tid: '2' },
    });

  it.each<[string, (token: string) => Response | Promise<Response>, string]>([
    ['a valid token', valid, 'passed'],
    ['another token', (token) => valid(`${token}x`), 'otp_token_invalid'],
    ['another mobile', (token) => valid(token, '9876543210'), 'otp_token_invalid'],
    ['HTML', () => new Response('<html></html>'), 'guard_unavailable'],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: '/' } }), 'guard_unavailable'],
    ['HTTP 500', () => new Response(null, { status: 500 }), 'guard_unavailable'],
    ['HTTP 403', () => new Response(null, { status: 403 }), 'guard_unavailable'],
    ['nothing, in time', HANGING, 'guard_unavailable'],
    ['a dead connection', async () => Promise.reject(new TypeError('fetch failed')), 'guard_unavailable'],
  ])('hears of %s', async (_what, answer, outcome) => {
    let calls = 0;
    const counted = async (token: string): Promise<Response> => {
      calls += 1;
      return answer(token);
    };
    expect(await decideWhere(counted, answer === HANGING ? 50 : 30_000)).toBe(outcome);
    expect(calls).toBe(1);
  });
});
