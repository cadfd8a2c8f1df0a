import { OtpApiError, otpHandler } from '@verified-mobile/client';
import { describe, expect, it } from 'vitest';
import { clientAnswered } from '../support.ts';
import { CUSTOMER, fakeIssuer, handlerUnderTest, ORIGIN, problemOf } from './support.ts';

describe('customer()', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
  ])('that returns %s has nobody logged in, and no SMS is sent', async (_what, nobody) => {
    const { send, verify, asked } = handlerUnderTest({ customer: async () => nobody });
    for (const response of [await send(), await verify()]) {
      expect(response.headers.get('www-authenticate')).toBe('Session');
      expect(await problemOf(response)).toMatchObject({ status: 401, code: 'otp_not_logged_in' });
    }
    expect(asked).toEqual([]);
  });

  it.each([
    ['throws', () => expect.fail('session store down')],
    ['rejects', async () => Promise.reject(new Error('session store down'))],
  ])('that %s is the application’s to answer, and no SMS is sent', async (_what, customer) => {
    const { send, verify, asked } = handlerUnderTest({ customer });
    await expect(send()).rejects.toThrow('session store down');
    await expect(verify()).rejects.toThrow('session store down');
    expect(asked).toEqual([]);
  });

  it.each([{ mobile: '12345' }, { cspId: 'x' }, { mobile: undefined }])(
    'that returns %j is a fault of the application, and nothing is sent',
    async (wrong) => {
      const { client, requests } = clientAnswered('{}');
      const { send } = handlerUnderTest({ client, customer: () => ({ ...CUSTOMER, ...wrong }) as never });
      await expect(send()).rejects.toMatchObject({ name: 'OtpApiError', code: 'invalid_request' });
      expect(requests).toEqual([]);
    },
  );

  it.each([
    ['with a session has the OTP sent and verified in it', { sessionId: 'session-1' }, { sessionId: 'session-1' }],
    ['without one says nothing of a session', {}, {}],
  ])('%s', async (_what, session, said) => {
    const { send, verify, asked } = handlerUnderTest({ customer: () => ({ ...CUSTOMER, ...session }) });
    await send();
    await verify();
    const { mobile, cspId } = CUSTOMER;
    expect(asked).toEqual([
      { mobile, cspId, ...said },
      { mobile, otp: '042317', ...said },
    ]);
  });

  it('is asked before the body is read', async () => {
    const { send } = handlerUnderTest({ customer: () => undefined });
    expect((await send('no JSON')).status).toBe(401);
  });

  it('is told what the handler was called with besides', async () => {
    const seen: unknown[] = [];
    const handler = otpHandler({
      client: fakeIssuer().client,
      customer: ({ url }, session: { mobile: string }) => {
        seen.push(url, session);
        return { ...CUSTOMER, mobile: session.mobile };
      },
      transaction: (_request, _proposed, session) => {
        seen.push(session);
        return { amount: 1, payee: 'shop' };
      },
    });
    const session = { mobile: '9876543210' };
    const headers = { 'content-type': 'application/json' };
    const request = new Request(`${ORIGIN}/otp`, { method: 'POST', headers, body: '{}' });
    expect(await (await handler(request, session)).json()).toMatchObject({ mobile: '+91 ******3210' });
    expect(seen).toEqual([`${ORIGIN}/otp`, session, session]);
  });
});

describe('transaction()', () => {
  const payout = { amount: 2500, payee: 'Asha Stores' };

  it('decides what the OTP approves, of what the browser proposes', async () => {
    const proposals: unknown[] = [];
    const { send, asked } = handlerUnderTest({
      transaction: async (_request, proposed) => {
        proposals.push(proposed);
        return Promise.resolve(payout);
      },
    });
    const proposed = { amount: 1, payee: 'Somebody Else', more: [true] };
    expect(await (await send({ transaction: proposed })).json()).toMatchObject({ approving: payout });
    expect(proposals).toEqual([proposed]);
    expect(asked).toEqual([{ mobile: CUSTOMER.mobile, cspId: CUSTOMER.cspId, transaction: payout }]);
  });

  it.each([undefined, null])('that returns %s refuses the proposal, and no SMS is sent', async (none) => {
    const { send, verify, asked } = handlerUnderTest({ transaction: () => none });
    expect(await problemOf(await send({ transaction: payout }))).toMatchObject({
      status: 400,
      code: 'otp_invalid_request',
    });
    expect(asked).toEqual([]);
    expect((await verify()).status).toBe(200);
  });

  it('that throws is the application’s to answer, and no SMS is sent', async () => {
    const { send, asked } = handlerUnderTest({ transaction: () => expect.fail('payee book down') });
    await expect(send({ transaction: payout })).rejects.toThrow('payee book down');
    expect(asked).toEqual([]);
  });
});

describe('otpHandler() refuses', () => {
  const { client } = fakeIssuer();
  const limiter = { consume: async () => Promise.resolve() };
  it.each<[string, Record<string, unknown>, string]>([
    ['no client', { client: undefined }, 'client must be what createOtpClient() returns'],
    ['half a client', { client: { sendOtp: client.sendOtp } }, 'client must be what createOtpClient() returns'],
    ['no customer', { customer: undefined }, 'customer must be a function'],
    ['a customer that is one', { customer: CUSTOMER }, 'customer must be a function'],
    ['a transaction that is one', { transaction: { amount: 1 } }, 'transaction must be a function'],
    ['a hook that is none', { onFault: true }, 'onFault must be a function'],
    ['a base path without a slash', { basePath: 'api' }, 'basePath must begin with a slash'],
    ['a base path that ends with one', { basePath: '/api/' }, 'basePath must begin with a slash'],
    ['a base path with a query', { basePath: '/api?a' }, 'basePath must begin with a slash'],
    ['one origin in place of a list', { allowedOrigins: 'https://pay.test' }, 'allowedOrigins must be a list'],
    ['an origin with a slash', { allowedOrigins: ['https://pay.test/'] }, 'allowedOrigins must be a list'],
    ['every origin', { allowedOrigins: ['*'] }, 'allowedOrigins must be a list'],
    ['the origin null', { allowedOrigins: ['null'] }, 'allowedOrigins must be a list'],
    ['no time until the next OTP', { resendAfterSeconds: 0 }, 'resendAfterSeconds must be a whole number from 1'],
    ['one limiter', { rateLimiters: limiter }, 'rateLimiters must be { send, verify }'],
    ['a limiter that is none', { rateLimiters: { send: limiter, verify: {} } }, 'rateLimiters must be'],
    ['a misspelt option', { allowedOrigin: [] }, 'otpHandler() has no option allowedOrigin. It takes: client,'],
  ])('%s', (_what, changes, message) => {
    const refused = (): unknown => otpHandler({ client, customer: () => CUSTOMER, ...changes });
    expect(refused).toThrow(OtpApiError);
    expect(refused).toThrow(message);
  });

  it('no options at all', () => {
    expect(() => otpHandler(undefined as never)).toThrow('otpHandler() takes one object');
  });
});
