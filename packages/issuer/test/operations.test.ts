import { describe, expect, it } from 'vitest';
import { type AnsweredRequest, type IssuerFault, memoryOtpStore } from '@verified-mobile/issuer';
import { issuerUnderTest, OTP_URL, sendBody, SHOP, validateUrl } from './support/issuer-under-test.ts';

const get = (path: string, headers: Record<string, string> = {}): Request =>
  new Request(`https://otp.test${path}`, { headers });

describe('readiness', () => {
  it('is said while the store can be reached, and only then', async () => {
    let isDown = false;
    const store = { ...memoryOtpStore(), ready: async () => (isDown ? Promise.reject(new Error('down')) : undefined) };
    const issuer = issuerUnderTest({ store });
    expect((await issuer.fetch(get('/ready'))).status).toBe(200);
    isDown = true;
    const response = await issuer.fetch(get('/ready'));
    expect([response.status, await response.text()]).toEqual([503, '{"status":"unavailable"}']);
    expect((await issuer.fetch(get('/health'))).status).toBe(200);
  });

  it('is refused if a part hangs, and its reason is told to the operator alone', async () => {
    const faults: IssuerFault[] = [];
    const store = { ...memoryOtpStore(), ready: async () => new Promise<void>(() => {}) };
    const issuer = issuerUnderTest({ store, onFault: (fault) => faults.push(fault) });
    const response = await issuer.fetch(get('/ready'));
    expect([response.status, await response.text()]).toEqual([503, '{"status":"unavailable"}']);
    expect(faults).toMatchObject([{ during: 'ready', error: { code: 'not_ready' } }]);
  });

  it('ends with the drain, which is no fault', async () => {
    const faults: IssuerFault[] = [];
    const issuer = issuerUnderTest({ onFault: (fault) => faults.push(fault) });
    issuer.nodes[0]?.drain();
    expect((await issuer.fetch(get('/ready'))).status).toBe(503);
    expect(faults).toEqual([]);
  });
});

describe('the OpenAPI document', () => {
  it('describes every call with the schemas that check it', async () => {
    const document = (await (await issuerUnderTest().fetch(get('/openapi.json'))).json()) as {
      openapi: string;
      paths: Record<string, Record<string, object>>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.entries(document.paths).map(([path, methods]) => [path, Object.keys(methods)])).toEqual([
      ['/tools/kyc/mobile/otp', ['post']],
      ['/tools/kyc/mobile/otp/verify', ['put']],
      ['/tools/kyc/mobile/otp/validate-token', ['get', 'post']],
      ['/tools/kyc/mobile/otp/consume-token', ['post']],
      ['/tools/kyc/mobile/otp/messages/{tid}', ['get']],
      ['/usage', ['get']],
    ]);
    expect(document.paths['/tools/kyc/mobile/otp']?.['post']).toMatchObject({
      requestBody: {
        content: {
          'application/json': {
            schema: {
              required: ['initiator_id', 'csp_id', 'mobile'],
              properties: {
                mobile: {
                  type: 'string',
                  description: 'a string with an Indian mobile: ten digits, the first from 6 to 9',
                },
                initiator_id: { type: 'string', pattern: '^[0-9]{10}$' },
                session_id: { type: 'string', pattern: String.raw`^[\x21-\x7e]{1,128}$` },
                transaction: { additionalProperties: false, required: ['amount', 'payee'] },
              },
            },
          },
        },
      },
    });
  });
});

describe('the security of the OpenAPI document', () => {
  it('is the published headers, or these and the message signature', async () => {
    const document = (await (await issuerUnderTest().fetch(get('/openapi.json'))).json()) as {
      security: Record<string, []>[];
      components: { securitySchemes: Record<string, { description?: string }> };
    };
    const published = ['developer_key', 'secret-key', 'secret-key-timestamp'];
    const whole = [...published, 'secret-key-nonce', 'secret-key-signature'];
    const { securitySchemes } = document.components;
    expect(document.security.map((headers) => Object.keys(headers))).toEqual([published, whole]);
    expect(Object.keys(securitySchemes)).toEqual(whole);
    expect(securitySchemes['secret-key-signature']?.description).toContain('verified-mobile-message-signature-1, ');
  });
});

describe('a request', () => {
  it('has an id, its own or the one that a declared proxy gave it', async () => {
    const issuer = issuerUnderTest({ trustedProxies: 1 });
    const idOf = async (given?: string): Promise<string | null> =>
      (await issuer.fetch(get('/health', given === undefined ? {} : { 'x-request-id': given }))).headers.get(
        'x-request-id',
      );
    expect(await idOf()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf('proxy-1234')).toBe('proxy-1234');
    expect(await idOf('a b')).not.toBe('a b');
    expect(await idOf('x'.repeat(65))).not.toBe('x'.repeat(65));
    const fromCaller = get('/health', { 'x-request-id': 'proxy-1234' });
    expect((await issuerUnderTest().fetch(fromCaller)).headers.get('x-request-id')).not.toBe('proxy-1234');
  });

  it('is reported by its route, without query, header or body', async () => {
    const requests: AnsweredRequest[] = [];
    const issuer = issuerUnderTest({ onRequest: (request) => void requests.push(request) });
    const token = await issuer.token();
    await issuer.request('GET', validateUrl(token, SHOP.initiatorId));
    await issuer.fetch(get('/nowhere?otp=134021'));
    expect(requests.map(({ method, route, status, account }) => [method, route, status, account])).toEqual([
      ['POST', '/ekoapi/v3/tools/kyc/mobile/otp', 200, 'shop'],
      ['PUT', '/ekoapi/v3/tools/kyc/mobile/otp/verify', 200, 'shop'],
      ['GET', '/ekoapi/v3/tools/kyc/mobile/otp/validate-token', 200, 'shop'],
      ['GET', 'unknown', 404, undefined],
    ]);
    expect(JSON.stringify(requests)).not.toContain(token);
  });

  it('has its id in the events that it causes', async () => {
    const issuer = issuerUnderTest();
    const response = await issuer.request('POST', OTP_URL, sendBody());
    expect(issuer.events[0]).toMatchObject({ requestId: response.headers.get('x-request-id'), account: 'shop' });
  });
});
