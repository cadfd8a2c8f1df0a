import { OtpApiError, type OtpApiErrorCode, type OtpHandlerOptions } from '@verified-mobile/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fakeIssuer, handlerUnderTest, problemOf } from './support.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const failing = (code: OtpApiErrorCode, retryAfterSeconds?: number): OtpHandlerOptions['client'] => {
  const details = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const fail = async () => Promise.reject(new OtpApiError(code, `the API says LEAK about ${code}`, details));
  return { sendOtp: fail, verifyOtp: fail };
};

describe('a call of the issuer that fails', () => {
  it.each<[OtpApiErrorCode, number | undefined, object, boolean]>([
    ['otp_wait', 27, { status: 429, code: 'otp_wait', retryAfter: '27' }, false],
    ['otp_wait', undefined, { status: 429, code: 'otp_wait', retryAfter: '5' }, false],
    ['otp_wait', 0, { status: 429, code: 'otp_wait', retryAfter: '1' }, false],
    ['otp_not_sent', undefined, { status: 502, code: 'otp_not_delivered', retryAfter: null }, true],
    ['otp_wrong', undefined, { status: 400, code: 'otp_wrong', retryAfter: null }, false],
    ['otp_rejected', undefined, { status: 400, code: 'otp_wrong', retryAfter: null }, false],
    ['otp_expired', undefined, { status: 400, code: 'otp_expired', retryAfter: null }, false],
    ['unavailable', 120, { status: 503, code: 'otp_unavailable', retryAfter: '120' }, true],
    ['unavailable', 99_999, { status: 503, code: 'otp_unavailable', retryAfter: '3600' }, true],
    ['timed_out', undefined, { status: 503, code: 'otp_unavailable', retryAfter: '5' }, true],
    ['forbidden', undefined, { status: 503, code: 'otp_unavailable', retryAfter: '5' }, true],
    ['insufficient_balance', undefined, { status: 503, code: 'otp_unavailable', retryAfter: '5' }, true],
    ['user_not_found', undefined, { status: 503, code: 'otp_unavailable', retryAfter: '5' }, true],
    ['refused', undefined, { status: 503, code: 'otp_unavailable', retryAfter: '5' }, true],
    ['unexpected_answer', undefined, { status: 503, code: 'otp_unavailable', retryAfter: '5' }, true],
  ])('with %s (%s s) is %j, in fixed words', async (code, retryAfterSeconds, expected, isFault) => {
    const { send, verify, faults } = handlerUnderTest({ client: failing(code, retryAfterSeconds) });
    for (const response of [await send(), await verify()]) {
      expect(await response.clone().text()).not.toMatch(/LEAK|6768|042317/);
      expect(await problemOf(response)).toEqual(expected);
    }
    const error = expect.objectContaining({ code }) as unknown;
    expect(faults).toEqual(
      isFault
        ? [
            { during: 'send', error },
            { during: 'verify', error },
          ]
        : [],
    );
  });

  it.each(['invalid_request', 'invalid_configuration'] as const)('with %s is the application’s fault', async (code) => {
    const { send, verify, faults } = handlerUnderTest({ client: failing(code) });
    await expect(send()).rejects.toMatchObject({ code });
    await expect(verify()).rejects.toMatchObject({ code });
    expect(faults).toEqual([]);
  });

  it('with something unheard of is thrown, and no answer is made up', async () => {
    const sendOtp = async () => Promise.reject(new TypeError('a bug'));
    const { send } = handlerUnderTest({ client: { ...fakeIssuer().client, sendOtp } });
    await expect(send()).rejects.toThrow('a bug');
  });

  it.each([
    ['throws', () => expect.fail('the log is full')],
    ['rejects', async () => Promise.reject(new Error('the log is full'))],
  ])('is answered the same if the hook %s', async (_what, onFault) => {
    const { send } = handlerUnderTest({ client: failing('unavailable'), onFault });
    expect((await send()).status).toBe(503);
  });

  it('is a warning of the process without a hook, once for each code', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const client = failing('insufficient_balance');
    const { send, verify } = handlerUnderTest({ client, onFault: undefined as never });
    await send();
    await verify();
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^otpHandler\(\): .*insufficient_balance .*the option onFault is told each time\.$/,
        ) as string,
        { code: 'VERIFIED_MOBILE_INSUFFICIENT_BALANCE' },
      ],
    ]);
  });
});

describe('the rate limits', () => {
  const waiting = (reason: unknown) => ({ consume: async () => Promise.reject(reason) });
  const free = { consume: async () => Promise.resolve() };

  it('let a customer send ten OTPs and try thirty an hour, and no customer stops another', async () => {
    vi.useFakeTimers();
    const customers: string[] = [];
    const { send, verify, asked } = handlerUnderTest({
      customer: () => ({ mobile: '9002336768', cspId: '9962981729', id: customers.at(-1)! }),
    });
    customers.push('one');
    for (let count = 0; count < 10; count += 1) expect((await send()).status).toBe(200);
    for (let count = 0; count < 30; count += 1) expect((await verify()).status).toBe(200);
    for (const response of [await send(), await verify()]) {
      expect(await problemOf(response)).toEqual({ status: 429, code: 'otp_wait', retryAfter: '3600' });
    }
    expect(asked).toHaveLength(40);
    customers.push('two');
    expect((await send()).status).toBe(200);
    customers.push('one');
    vi.advanceTimersByTime(3_599_000);
    expect((await send()).status).toBe(429);
    vi.advanceTimersByTime(1_000);
    expect((await send()).status).toBe(200);
  });

  it('count by the mobile of a customer without an id, and only what is well-formed', async () => {
    const keys: string[] = [];
    const counting = (call: string) => ({
      consume: async (key: string) => Promise.resolve(keys.push(`${call} ${key}`)),
    });
    const { send, verify } = handlerUnderTest({
      customer: () => ({ mobile: '9002336768', cspId: '9962981729' }),
      rateLimiters: { send: counting('send'), verify: counting('verify') },
    });
    await send('no JSON');
    await send({}, { 'sec-fetch-site': 'cross-site' });
    await verify({ otp: 'x' });
    await send();
    await verify();
    expect(keys).toEqual(['send 9002336768', 'verify 9002336768']);
  });

  it.each([
    [{ msBeforeNext: 1 }, '1'],
    [{ msBeforeNext: 0 }, '1'],
    [{ msBeforeNext: 61_001, remainingPoints: 0 }, '62'],
  ])('say how long to wait, if the limiter rejects with %j', async (reason, retryAfter) => {
    const { send, asked, faults } = handlerUnderTest({ rateLimiters: { send: waiting(reason), verify: free } });
    expect(await problemOf(await send())).toEqual({ status: 429, code: 'otp_wait', retryAfter });
    expect([asked, faults]).toEqual([[], []]);
  });

  it.each([[new Error('redis down')], [Object.assign(new Error('x'), { msBeforeNext: 1 })], [undefined], [{}]])(
    'that cannot be told (%s) let nobody through',
    async (reason) => {
      const { send, verify, asked, faults } = handlerUnderTest({
        rateLimiters: { send: waiting(reason), verify: waiting(reason) },
      });
      for (const response of [await send(), await verify()]) {
        expect(await problemOf(response)).toEqual({ status: 503, code: 'otp_unavailable', retryAfter: '5' });
      }
      expect(asked).toEqual([]);
      const fault = { during: 'rate-limit', error: reason };
      expect(faults).toEqual([fault, fault]);
    },
  );

  it('that do not answer within a second let nobody through', async () => {
    vi.useFakeTimers();
    const hung = { consume: async () => new Promise(() => undefined) };
    const { send, asked } = handlerUnderTest({ rateLimiters: { send: hung, verify: free } });
    const answer = send();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await problemOf(await answer)).toMatchObject({ status: 503, code: 'otp_unavailable' });
    expect(asked).toEqual([]);
  });

  it('are warned about once without a hook, in words that hold nothing of the limiter’s', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const down = waiting(new Error('redis://:LEAK@10.0.0.7'));
    const { send, verify } = handlerUnderTest({
      rateLimiters: { send: down, verify: down },
      onFault: undefined as never,
    });
    await send();
    await verify();
    expect(warn).toHaveBeenCalledOnce();
    expect(JSON.stringify(warn.mock.calls)).not.toContain('LEAK');
  });
});
