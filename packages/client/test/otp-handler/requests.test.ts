import { describe, expect, it } from 'vitest';
import { CUSTOMER, EXPIRY, handlerUnderTest, ORIGIN, problemOf } from './support.ts';

describe('POST …/otp', () => {
  it('sends an OTP to the mobile of the customer, and says what the page needs to know', async () => {
    const { send, asked } = handlerUnderTest();
    const response = await send();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ expiresAt: EXPIRY, resendAfterSeconds: 30, mobile: '+91 ******6768' });
    expect(asked).toEqual([{ mobile: CUSTOMER.mobile, cspId: CUSTOMER.cspId }]);
  });

  it('takes no mobile, no agent and no amount from the browser', async () => {
    const { send, asked } = handlerUnderTest();
    const proposed = { mobile: '9876543210', cspId: '1111111111', id: 'x', amount: 1, transaction: { amount: 1 } };
    expect((await send(proposed)).status).toBe(200);
    expect(asked).toEqual([{ mobile: CUSTOMER.mobile, cspId: CUSTOMER.cspId }]);
  });

  it('says when another one may be offered, as it was told', async () => {
    expect(await (await handlerUnderTest({ resendAfterSeconds: 60 }).send()).json()).toMatchObject({
      resendAfterSeconds: 60,
    });
  });
});

describe('POST …/otp/verify', () => {
  it('exchanges the OTP of the customer for the token', async () => {
    const { verify, asked } = handlerUnderTest();
    const response = await verify({ otp: '042317', mobile: '9876543210' });
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await response.json()).toEqual({ otpVerificationToken: 'the.signed.token' });
    expect(asked).toEqual([{ mobile: CUSTOMER.mobile, otp: '042317' }]);
  });

  it.each([[undefined], [null], [42_317], [''], ['123'], ['123456789'], ['12 34'], [['042317']]])(
    'refuses %j for an OTP',
    async (otp) => {
      const { verify, asked } = handlerUnderTest();
      expect(await problemOf(await verify({ otp }))).toMatchObject({ status: 400, code: 'otp_invalid_request' });
      expect(asked).toEqual([]);
    },
  );
});

describe('paths and methods', () => {
  const at = async (path: string, basePath?: string, method = 'POST'): Promise<[number, boolean]> => {
    const { handler } = handlerUnderTest(basePath === undefined ? {} : { basePath });
    const init = method === 'POST' ? { body: '{"otp":"042317"}' } : {};
    const headers = { 'content-type': 'application/json' };
    const response = await handler(new Request(ORIGIN + path, { method, headers, ...init }));
    return [response.status, handler.owns(new URL(ORIGIN + path).pathname)];
  };

  it.each([
    ['/otp', undefined],
    ['/otp/verify?a=1', undefined],
    ['/deep/down/otp', undefined],
    ['/api/otp', '/api'],
    ['/api/v2/otp/verify', '/api'],
    ['/otp/otp', '/otp'],
  ])('answers %s below %s', async (path, basePath) => {
    expect(await at(path, basePath)).toEqual([200, true]);
  });

  it.each([
    ['/', undefined],
    ['/otp/', undefined],
    ['/xotp', undefined],
    ['/otp/verify/more', undefined],
    ['/OTP', undefined],
    ['/otp', '/api'],
    ['/apis/otp', '/api'],
    ['/otp', '/otp'],
    ['/a/otp/verify', '/a/otp'],
  ])('does not answer %s below %s', async (path, basePath) => {
    expect(await at(path, basePath)).toEqual([404, false]);
  });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('answers 405 to %s', async (method) => {
    const { handler, asked } = handlerUnderTest();
    const response = await handler(new Request(`${ORIGIN}/otp`, { method }));
    expect(response.headers.get('allow')).toBe('POST');
    expect(await problemOf(response)).toMatchObject({ status: 405, code: 'otp_invalid_request' });
    expect(asked).toEqual([]);
  });
});

describe('the page that a request comes from', () => {
  const SHOP = 'https://shop.test';
  const PAY = 'https://pay.test';

  it.each<[string, Record<string, string>]>([
    ['the same origin, as the browser says', { 'sec-fetch-site': 'same-origin', origin: SHOP }],
    [
      'the same origin, though a proxy renames the host',
      { 'sec-fetch-site': 'same-origin', origin: 'https://out.test' },
    ],
    ['the same origin, with Origin null for privacy', { 'sec-fetch-site': 'same-origin', origin: 'null' }],
    ['an old browser: only Origin, of this host', { origin: SHOP }],
    ['an old browser behind a proxy that ends TLS', { origin: 'http://shop.test' }],
    ['an origin that is allowed', { 'sec-fetch-site': 'cross-site', origin: PAY }],
    ['an old browser on an origin that is allowed', { origin: PAY }],
    ['no browser: neither header', {}],
  ])('may be %s', async (_what, headers) => {
    const { send, asked } = handlerUnderTest({ allowedOrigins: [PAY] });
    expect((await send({}, headers)).status).toBe(200);
    expect(asked).toHaveLength(1);
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['another site that hides its origin', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
    ['another site without Origin', { 'sec-fetch-site': 'cross-site' }],
    ['another origin of this site', { 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.test' }],
    ['no page', { 'sec-fetch-site': 'none' }],
    ['several at once', { 'sec-fetch-site': 'same-origin, cross-site' }],
    ['an old browser elsewhere', { origin: 'https://evil.test' }],
    ['an old browser in a sandboxed frame', { origin: 'null' }],
    ['a name that ends like this host', { origin: 'https://notshop.test' }],
    ['another port of this host', { origin: 'https://shop.test:8443' }],
    ['what is no origin', { origin: 'shop.test' }],
    ['an origin that is allowed, with a slash', { origin: `${PAY}/` }],
  ])('may not be %s, and no SMS is sent', async (_what, headers) => {
    let logins = 0;
    const customer = () => {
      logins += 1;
      return CUSTOMER;
    };
    const { send, verify, asked } = handlerUnderTest({ allowedOrigins: [PAY], customer });
    for (const response of [await send({}, headers), await verify({ otp: '042317' }, headers)]) {
      expect(await problemOf(response)).toEqual({ status: 403, code: 'otp_cross_site', retryAfter: null });
    }
    expect([asked, logins]).toEqual([[], 0]);
  });

  it('is compared with the header Host, if the URL has another', async () => {
    const { handler, asked } = handlerUnderTest();
    const headers = { 'content-type': 'application/json', origin: SHOP, host: 'shop.test' };
    const behind = new Request('http://10.0.0.7:3000/otp', { method: 'POST', headers, body: '{}' });
    expect((await handler(behind)).status).toBe(200);
    expect(asked).toHaveLength(1);
  });
});

describe('the body', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp', ''])(
    'is refused as %j: a form of another site can send no JSON',
    async (type) => {
      const { send, asked } = handlerUnderTest();
      // With neither header, as no page of this site sends it.
      expect(await problemOf(await send({}, { 'content-type': type }))).toMatchObject({
        status: 415,
        code: 'otp_invalid_request',
      });
      expect(asked).toEqual([]);
    },
  );

  it.each(['application/json; charset=utf-8', 'Application/JSON'])('is taken as %s', async (type) => {
    expect((await handlerUnderTest().send({}, { 'content-type': type })).status).toBe(200);
  });

  it.each(['', 'LEAK', '{', '[]', 'null', '"LEAK"'])('%j is no object', async (text) => {
    const { send, asked } = handlerUnderTest();
    const response = await send(text);
    expect(await response.clone().text()).not.toContain('LEAK');
    expect(await problemOf(response)).toMatchObject({ status: 400, code: 'otp_invalid_request' });
    expect(asked).toEqual([]);
  });

  it('may have 16 KiB, and not one byte more', async () => {
    const { send, asked } = handlerUnderTest();
    const padded = (size: number): string => `{}${' '.repeat(size - 2)}`;
    expect((await send(padded(16 * 1024))).status).toBe(200);
    expect(await problemOf(await send(padded(16 * 1024 + 1)))).toMatchObject({
      status: 413,
      code: 'otp_invalid_request',
    });
    expect(asked).toHaveLength(1);
  });

  it('is not read to the end if it never ends', async () => {
    const chunk = new TextEncoder().encode(' '.repeat(1024));
    let pulls = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulls += 1;
        controller.enqueue(chunk);
      },
    });
    const headers = { 'content-type': 'application/json' };
    const endless = new Request(`${ORIGIN}/otp`, { method: 'POST', headers, body, duplex: 'half' });
    expect((await handlerUnderTest().handler(endless)).status).toBe(413);
    expect(pulls).toBeLessThan(20);
  });

  it('that was read before is one clear error of the application', async () => {
    const { handler, asked } = handlerUnderTest();
    const headers = { 'content-type': 'application/json' };
    const request = new Request(`${ORIGIN}/otp`, { method: 'POST', headers, body: '{}' });
    await request.text();
    await expect(handler(request)).rejects.toThrow('The body was read before otpHandler(). Mount it before');
    expect(asked).toEqual([]);
  });
});
