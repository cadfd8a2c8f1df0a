import { messageSignatureFor, type OtpClientOptions, type SignedMessage } from '@verified-mobile/client';
import { expect, it } from 'vitest';
import { CALLS, clientAnswered, errorOf, NOW, OPTIONS, TOKEN } from './support.ts';

const ACCESS_KEY = 'TEST_ACCESS_KEY_DO_NOT_USE';
const MESSAGE: SignedMessage = {
  developerKey: 'TEST_DEVELOPER_KEY',
  method: 'POST',
  target: '/ekoapi/v3/tools/kyc/mobile/otp?a=1',
  timestamp: '1700000000000',
  nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
  body: '{"initiator_id":"1234567891","mobile":"9002336768"}',
};

// Both made with openssl.
it('signs the golden vector of a request with a body', () => {
  const signature = 'fPRjOvshrPeXsqkEY+yjF7dUYb2wYgYVHV1R0qydFsg=';
  expect(messageSignatureFor(ACCESS_KEY, MESSAGE)).toBe(signature);
  expect(messageSignatureFor(ACCESS_KEY, { ...MESSAGE, body: Buffer.from(MESSAGE.body) })).toBe(signature);
});

it('signs the golden vector of a request without a body', () => {
  const message = { ...MESSAGE, method: 'GET', target: '/ekoapi/v3/usage?initiator_id=1234567891', body: '' };
  expect(messageSignatureFor(ACCESS_KEY, message)).toBe('qVpqsmkn8K5v0RhkoVHdg1X79LTsLhv422csEzMu71A=');
});

it.each(Object.keys(MESSAGE) as (keyof SignedMessage)[])('covers the %s', (member) => {
  const changed = { ...MESSAGE, [member]: `${String(MESSAGE[member])}0` };
  expect(messageSignatureFor(ACCESS_KEY, changed)).not.toBe(messageSignatureFor(ACCESS_KEY, MESSAGE));
});

it.each<[keyof typeof CALLS, Partial<OtpClientOptions>]>([
  ['sendOtp', {}],
  ['verifyOtp', {}],
  ['validateToken', {}],
  ['validateToken', { validateByPost: true }],
])('is on every request of a client with messageSignature: %s %j', async (call, options) => {
  const { client, requests } = clientAnswered('{}', { messageSignature: true, ...options });
  await errorOf(CALLS[call](client));
  const { method, headers, url } = requests[0]!;
  const message: SignedMessage = {
    developerKey: OPTIONS.developerKey,
    method,
    target: url.slice('https://otp.test'.length),
    timestamp: String(NOW),
    nonce: headers.get('secret-key-nonce') ?? '',
    body: await requests[0]!.text(),
  };
  expect(message.nonce).toMatch(/^[\w-]{22}$/);
  expect(headers.get('secret-key-signature')).toBe(messageSignatureFor(OPTIONS.accessKey, message));
  expect([...headers.keys()]).toEqual(expect.arrayContaining(['developer_key', 'secret-key', 'secret-key-timestamp']));
});

it('is another one for each of two calls in one millisecond, and for a repeat', async () => {
  const unavailable = (): Response => new Response(null, { status: 503 });
  const { client, requests } = clientAnswered(unavailable, { messageSignature: true, retries: 1 });
  await Promise.all([errorOf(CALLS.validateToken(client)), errorOf(CALLS.validateToken(client))]);
  expect(new Set(requests.map(({ headers }) => headers.get('secret-key-signature'))).size).toBe(4);
});

it('is not sent unless it was asked for', async () => {
  const { client, requests } = clientAnswered('{}');
  await errorOf(CALLS.sendOtp(client));
  expect([...requests[0]!.headers.keys()]).toEqual([
    'content-type',
    'developer_key',
    'secret-key',
    'secret-key-timestamp',
  ]);
});

it('validates by POST with the token in the body, where it was told to', async () => {
  const { client, requests } = clientAnswered('{}', { validateByPost: true });
  await errorOf(CALLS.validateToken(client));
  const { method, url, headers } = requests[0]!;
  expect([method, url]).toEqual(['POST', 'https://otp.test/ekoapi/v3/tools/kyc/mobile/otp/validate-token']);
  expect(headers.get('content-type')).toBe('application/json');
  expect(await requests[0]!.text()).toBe(`{"initiator_id":"1234567891","otp_verification_token":"${TOKEN}"}`);
});
