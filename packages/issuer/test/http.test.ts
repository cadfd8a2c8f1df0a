import { signedHeaders } from '@verified-mobile/client';
import { expect, it } from 'vitest';
import { memoryOtpStore } from '@verified-mobile/issuer';
import {
  CONSUME_URL,
  issuerUnderTest,
  OTP_URL,
  sendBody,
  SHOP,
  START,
  VALIDATE_URL,
  validateUrl,
  VERIFY_URL,
} from './support/issuer-under-test.ts';

const signed = signedHeaders({ developerKey: SHOP.developerKey, accessKey: 'shop-access-key-1' }, START);

it('answers 404 in the envelope to a wrong URL', async () => {
  const response = await issuerUnderTest().request('GET', 'https://otp.test/ekoapi/v2/tools/kyc/mobile/otp');
  expect(response.status).toBe(404);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.text()).toBe(
    '{"status":1,"response_status_id":1,"response_type_id":-1,"message":"Wrong URL."}',
  );
});

it.each([
  ['PUT', OTP_URL, 'POST'],
  ['GET', OTP_URL, 'POST'],
  ['POST', VERIFY_URL, 'PUT'],
  ['DELETE', VALIDATE_URL, 'GET, HEAD, POST'],
  ['GET', CONSUME_URL, 'POST'],
  ['POST', 'https://otp.test/ekoapi/v3/usage', 'GET, HEAD'],
  ['POST', 'https://otp.test/ready', 'GET, HEAD'],
  ['PUT', 'https://otp.test/openapi.json', 'GET, HEAD'],
  ['DELETE', 'https://otp.test/.well-known/jwks.json', 'GET, HEAD'],
  ['POST', 'https://otp.test/health', 'GET, HEAD'],
])('answers 405 to %s %s, allowing %s', async (method, url, allowed) => {
  const response = await issuerUnderTest().request(method, url);
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe(allowed);
  expect(await response.text()).toBe(
    '{"status":1,"response_status_id":1,"response_type_id":-1,"message":"Wrong method. The Allow header names those that this URL takes."}',
  );
});

it.each([
  undefined,
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/jsonp',
  'application/problem+json',
])('answers 415 to a body of type %s', async (contentType) => {
  const response = await send(JSON.stringify(sendBody()), { 'content-type': contentType ?? '' });
  expect(response.status).toBe(415);
  expect(await response.text()).toBe(
    '{"status":1,"response_status_id":1,"response_type_id":-1,"message":"Wrong content-type. Send application/json."}',
  );
});

it.each(['application/json; charset=utf-8', 'Application/JSON'])('takes a body of type %s', async (contentType) => {
  expect((await send(JSON.stringify(sendBody()), { 'content-type': contentType })).status).toBe(200);
});

it('takes a body of 16 KiB', async () => {
  const response = await send(bodyOf(16 * 1024));
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('OTP has been sent')]);
});

it('answers 413 to one byte more, whatever its content-length says', async () => {
  const response = await send(bodyOf(16 * 1024 + 1), { 'content-length': '5' });
  expect(response.status).toBe(413);
  expect(await response.text()).toBe(
    '{"status":1,"response_status_id":1,"response_type_id":-1,"message":"The body is larger than 16 KiB."}',
  );
});

it('answers 500 with constants when something breaks, and reports it', async () => {
  const faults: unknown[] = [];
  const broken = new Error('redis at 10.0.0.7 refused 134021');
  const failing = async (): Promise<never> => Promise.reject(broken);
  const store = { ...memoryOtpStore(), countAttempt: failing };
  const issuer = issuerUnderTest({ store, onFault: (fault) => void faults.push(fault) });
  const response = await issuer.request('PUT', VERIFY_URL, {
    initiator_id: SHOP.initiatorId,
    otp: '134021',
    mobile: '9002336768',
  });
  expect(response.status).toBe(500);
  expect(await response.text()).toBe(
    '{"status":1,"response_status_id":1,"response_type_id":-1,"message":"Internal error."}',
  );
  expect(faults).toEqual([{ during: 'request', error: broken }]);
});

it('forbids caches to keep any answer but the public keys', async () => {
  const issuer = issuerUnderTest();
  const responses = await Promise.all([
    issuer.request('POST', OTP_URL, sendBody()),
    issuer.request('GET', validateUrl('x', SHOP.initiatorId)),
    issuer.request('GET', OTP_URL),
    issuer.request('GET', 'https://otp.test/nowhere'),
    issuer.request('GET', 'https://otp.test/health'),
    issuer.fetch(new Request(validateUrl('x', SHOP.initiatorId))),
  ]);
  expect(responses.map(({ headers }) => headers.get('cache-control'))).toEqual(responses.map(() => 'no-store'));
});

it('says that it runs', async () => {
  const response = await issuerUnderTest().fetch(new Request('https://otp.test/health'));
  expect([response.status, await response.text()]).toEqual([200, '{"status":"ok"}']);
});

it('serves the calls below another base path, and below that one only', async () => {
  const issuer = issuerUnderTest({ basePath: '/ekoicici/v3' });
  const there = await issuer.request('POST', OTP_URL.replace('ekoapi', 'ekoicici'), sendBody());
  const here = await issuer.request('POST', OTP_URL, sendBody());
  expect([there.status, here.status]).toEqual([200, 404]);
});

async function send(body: string, headers: Record<string, string> = {}): Promise<Response> {
  const all = { 'content-type': 'application/json', ...signed, ...headers };
  return issuerUnderTest().fetch(
    new Request(OTP_URL, { method: 'POST', headers: all, body: new TextEncoder().encode(body) }),
  );
}

/** A good body of so many bytes. */
function bodyOf(size: number): string {
  const body = JSON.stringify(sendBody());
  return body + ' '.repeat(size - body.length);
}
