import { createHash } from 'node:crypto';
import { WIRE_PATHS } from '@verified-mobile/client';
import { decodeJwt } from 'jose';
import { expect, it } from 'vitest';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { ORIGIN, sandboxUnderTest } from './support/sandbox-under-test.ts';

it('publishes the credentials that it accepts', () => {
  expect(SANDBOX_CREDENTIALS).toEqual({
    developerKey: 'sandbox-developer-key',
    accessKey: 'sandbox-access-key',
    initiatorId: '9962981729',
    cspId: '9002336768',
    audience: 'payouts',
  });
});

it('takes a mobile from send through its inbox to a token that names it as issuer', async () => {
  const sandbox = sandboxUnderTest();
  await sandbox.send('9876543210');
  const [message] = await sandbox.messages('?mobile=9876543210');
  const response = await sandbox.call('PUT', WIRE_PATHS.verifyOtp, {
    initiator_id: SANDBOX_CREDENTIALS.initiatorId,
    otp: message?.text.slice(0, 6),
    mobile: '9876543210',
  });
  const { data } = (await response.json()) as { data: { otp_verification_token: string } };
  expect(decodeJwt(data.otp_verification_token)).toMatchObject({ iss: ORIGIN, aud: 'payouts', mobile: '9876543210' });
});

it('shows a message with its id, recipient, text and time', async () => {
  const sandbox = sandboxUnderTest();
  await sandbox.send('9876543210');
  const [message] = await sandbox.messages();
  expect(message).toEqual({
    id: expect.stringMatching(/./),
    to: '+919876543210',
    text: expect.stringMatching(/^[0-9]{6} is the OTP to verify your mobile number\.\n- Eko India$/),
    sentAt: '2026-05-22T10:29:04.250Z',
  });
});

it('lists the newest message first, of one mobile in any spelling or of all', async () => {
  const sandbox = sandboxUnderTest();
  for (const mobile of ['9876543210', '9002336768', '9876543210']) {
    await sandbox.send(mobile);
    sandbox.clock.now += 30_000;
  }
  const all = await sandbox.messages();
  expect(all.map(({ to }) => to)).toEqual(['+919876543210', '+919002336768', '+919876543210']);
  expect(new Set(all.map(({ id }) => id)).size).toBe(3);
  for (const query of ['9876543210', '%2B919876543210', '+91 98765 43210', '09876543210']) {
    expect(await sandbox.messages(`?mobile=${query}`)).toEqual([all[0], all[2]]);
  }
  expect(await sandbox.messages('?mobile=9000000000')).toEqual([]);
});

it('says so when the mobile asked for is none', async () => {
  const response = await sandboxUnderTest().get('/sandbox/messages?mobile=12');
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('mobile must be a string with an Indian mobile');
});

it('keeps the newest 1000 messages', async () => {
  const sandbox = sandboxUnderTest();
  for (let sends = 0; sends < 1001; sends += 1) await sandbox.send(String(9_000_000_000 + sends));
  const messages = await sandbox.messages();
  expect(messages).toHaveLength(1000);
  expect([messages[0]?.to, messages.at(-1)?.to]).toEqual(['+919000001000', '+919000000001']);
});

it('pauses 30 s between two sends to one mobile, and counts no further', async () => {
  const sandbox = sandboxUnderTest();
  const statuses: unknown[] = [];
  for (let sends = 0; sends < 30; sends += 1) {
    statuses.push(((await (await sandbox.send('9876543210')).json()) as { status: number }).status);
    sandbox.clock.now += sends === 0 ? 29_999 : 30_000;
  }
  expect(statuses).toEqual([0, 1, ...Array.from({ length: 28 }, () => 0)]);
});

it('has its own URLs in its OpenAPI document, unsigned and not below the base path', async () => {
  const { paths } = (await (await sandboxUnderTest().get('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { security?: unknown }>>;
  };
  const own = Object.entries(paths).filter(([path]) => path.startsWith('/sandbox/'));
  const described = own.map(([path, { servers, get, post }]) => [path, servers, get?.security, post?.security]);
  expect(described).toEqual([
    ['/sandbox/messages', [{ url: '/' }], [], undefined],
    ['/sandbox/events', [{ url: '/' }], [], undefined],
    ['/sandbox/clock', [{ url: '/' }], undefined, []],
    ['/sandbox/reset', [{ url: '/' }], undefined, []],
  ]);
  expect(paths).toHaveProperty([WIRE_PATHS.sendOtp, 'post']);
});

it('has its own key in each sandbox', async () => {
  const [one, two] = await Promise.all(
    [1, 2].map(async () => (await sandboxUnderTest().get('/.well-known/jwks.json')).text()),
  );
  expect(one).not.toBe(two);
});

it('answers 405 at its own URLs, and the rest as the issuer does', async () => {
  const sandbox = sandboxUnderTest();
  const statuses = [
    ['POST', '/'],
    ['DELETE', '/sandbox/messages'],
    ['POST', '/sandbox/events'],
    ['GET', '/sandbox/clock'],
    ['PUT', '/sandbox/reset'],
    ['GET', '/health'],
    ['GET', '/nowhere'],
    ['HEAD', '/health'],
  ];
  const responses = await Promise.all(
    statuses.map(async ([method = '', path]) => sandbox.fetch(new Request(ORIGIN + path, { method }))),
  );
  expect(responses.map(({ status }) => status)).toEqual([405, 405, 405, 405, 405, 200, 404, 200]);
});

it('lists every endpoint and credential on its page, without a script or anything from elsewhere', async () => {
  const sandbox = sandboxUnderTest({ payoutUrls: ['http://localhost:4001/payouts', 'http://localhost:4002/payouts'] });
  const response = await sandbox.get('/');
  const page = await response.text();
  expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
  for (const shown of [
    `${ORIGIN}/ekoapi/v3/tools/kyc/mobile/otp<`,
    `${ORIGIN}/ekoapi/v3/tools/kyc/mobile/otp/verify<`,
    `${ORIGIN}/ekoapi/v3/tools/kyc/mobile/otp/validate-token<`,
    `${ORIGIN}/sandbox/messages?mobile=<`,
    `${ORIGIN}/sandbox/events<`,
    `${ORIGIN}/sandbox/clock<`,
    `${ORIGIN}/sandbox/reset<`,
    `${ORIGIN}/.well-known/jwks.json<`,
    `${ORIGIN}/health<`,
    'http://localhost:4001/payouts<',
    'http://localhost:4002/payouts<',
    ...Object.values(SANDBOX_CREDENTIALS),
  ]) {
    expect(page).toContain(shown);
  }
  expect(page).not.toMatch(/<script|<link|<img|src=|href=/);
});

it('forbids the page everything but its own style, which the policy names by its hash', async () => {
  const response = await sandboxUnderTest().get('/');
  const [, style = ''] = /<style>([^]*)<\/style>/.exec(await response.text()) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  expect(response.headers.get('content-security-policy')).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'`,
  );
});

it('escapes for HTML what it was told to show', async () => {
  const page = await (await sandboxUnderTest({ payoutUrls: [`http://localhost:4001/?a=<b>&c="d"`] }).get('/')).text();
  expect(page).toContain('<code>http://localhost:4001/?a=&lt;b&gt;&amp;c=&quot;d&quot;</code>');
  expect(page).not.toContain('<b>');
});

it('shows no payout where there is none to try', async () => {
  expect(await (await sandboxUnderTest().get('/')).text()).not.toContain('Pay.');
});
