import diagnosticsChannel from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import {
  createGuard,
  type RemoteValidate,
  remoteValidation,
  type RemoteValidationOptions,
  type ReplayStore,
  type TokenKeys,
  type TrustedIssuer,
} from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { guardBench, NOW } from './support.ts';

const VALID: RemoteValidate = async (token) => Promise.resolve({ token, mobile: '9002336768' });
const rejecting =
  (code: string): RemoteValidate =>
  async () =>
    Promise.reject(Object.assign(new Error('refused'), { code }));
const OUTAGE = rejecting('unavailable');

/** A guard that asks `answer`, how often it did, and tokens of the issuer that is asked. */
function bench(
  answer: RemoteValidate = VALID,
  options: RemoteValidationOptions = {},
  trusted: Partial<TrustedIssuer> = {},
) {
  const time = { now: NOW };
  const clock = (): number => time.now;
  const validateToken = vi.fn<RemoteValidate>(answer);
  const consume = vi.fn<ReplayStore['consume']>().mockResolvedValue({ outcome: 'first-use' });
  const keys = remoteValidation({ validateToken }, { clock, ...options });
  const issuers = { issuer: 'https://otp.test', audience: 'payouts', keys, ...trusted };
  const store: ReplayStore = { scope: 'shared', consume };
  return { validateToken, consume, ...guardBench({ issuers, replayStore: store }, {}, time) };
}

describe('a token whose issuer is asked', () => {
  it('passes on its word, after one call without retries', async () => {
    const { present, issuer, validateToken, consume } = bench();
    const token = issuer.mint();
    expect(await present(token)).toBe('passed');
    expect(validateToken.mock.calls).toEqual([[token, { signal: expect.any(AbortSignal) as AbortSignal, retries: 0 }]]);
    expect(consume).toHaveBeenCalledTimes(1);
  });

  it('may be asked about by a plain function', async () => {
    const issuer = createTestIssuer();
    const guard = createGuard({
      issuers: { ...issuer.trusted, keys: remoteValidation(VALID) },
      replayStore: isolatedMemoryReplayStore(),
    });
    const verdict = await guard.decide({ request: {}, body: { otp_verification_token: issuer.mint() } });
    expect(verdict).toMatchObject({ outcome: 'passed', proof: { mobile: '+919002336768' } });
  });

  it('is asked about every time: no good answer is remembered', async () => {
    const { present, issuer, validateToken } = bench();
    const token = issuer.mint();
    expect(await present(token)).toBe('passed');
    validateToken.mockImplementation(rejecting('token_invalid'));
    expect(await present(token)).toBe('otp_token_invalid');
    expect(validateToken).toHaveBeenCalledTimes(2);
  });

  it('is not asked about where a cheap look refuses it', async () => {
    const { present, issuer, validateToken } = bench();
    const cheap = [
      `${issuer.mint()}=`,
      'a.b.c',
      issuer.mint({ claims: { iss: 'https://elsewhere.test' } }),
      issuer.mint({ claims: { iat: NOW / 1000 - 306, exp: NOW / 1000 - 6 } }),
      ...['none', 'NONE', 5].map((alg) => issuer.mint({ header: { alg } })),
      issuer.mint({ header: { crit: ['exp'] } }),
    ];
    for (const token of cheap) expect(await present(token)).not.toBe('passed');
    expect(validateToken).not.toHaveBeenCalled();
  });

  it.each([
    ['another audience', { aud: 'loans' }],
    ['no id', { jti: undefined }],
    ['no mobile', { mobile: undefined }],
    ['no dates', { iat: undefined, exp: undefined }],
    ['a life of a year', { exp: NOW / 1000 + 31_536_000 }],
  ])('is held to our own claims step: with %s it is refused although called valid', async (_what, claims) => {
    const { present, issuer, validateToken, consume } = bench();
    expect(await present(issuer.mint({ claims }))).toBe('otp_token_invalid');
    expect(validateToken).toHaveBeenCalledTimes(1);
    expect(consume).not.toHaveBeenCalled();
  });

  it('shows none of its claims before the issuer has called it valid', async () => {
    const { present, issuer, events } = bench(rejecting('token_invalid'));
    await present(issuer.mint({ claims: { jti: '', mobile: 5 } }));
    expect(events[0]).toMatchObject({ code: 'otp_token_invalid', reason: 'signature' });
  });
});

describe('the issuer', () => {
  it.each<[string, RemoteValidate, string]>([
    ['calls it invalid', rejecting('token_invalid'), 'otp_token_invalid'],
    ['calls it timed out', rejecting('token_timed_out'), 'otp_token_expired'],
    ['speaks of another token', async (token) => VALID(`${token}x`, {} as never), 'otp_token_invalid'],
    [
      'speaks of another mobile',
      async (token) => Promise.resolve({ token, mobile: '9876543210' }),
      'otp_token_invalid',
    ],
    ['spells the mobile otherwise', async (token) => Promise.resolve({ token, mobile: '+91 90023 36768' }), 'passed'],
    ['is down', OUTAGE, 'guard_unavailable'],
    ['refuses our keys', rejecting('forbidden'), 'guard_unavailable'],
    ['rejects with nothing', async () => Promise.reject(undefined), 'guard_unavailable'],
    ['answers nothing', async () => Promise.resolve(undefined as never), 'guard_unavailable'],
    ['answers true', async () => Promise.resolve(true as never), 'guard_unavailable'],
    ['names no mobile', async (token) => Promise.resolve({ token } as never), 'guard_unavailable'],
    ['names no token', async () => Promise.resolve({ mobile: '9002336768' } as never), 'guard_unavailable'],
    [
      'throws before it promises',
      () => {
        throw new Error('closed');
      },
      'guard_unavailable',
    ],
  ])('%s', async (_what, answer, outcome) => {
    const { present, issuer, events, consume } = bench(answer);
    const token = issuer.mint();
    expect(await present(token)).toBe(outcome);
    expect(consume).toHaveBeenCalledTimes(outcome === 'passed' ? 1 : 0);
    expect(inspect(events, { depth: 10, showHidden: true })).not.toContain(token);
  });

  it('is given its time and no more, and then told to stop', async () => {
    const { present, issuer, validateToken, events } = bench(async () => new Promise(() => undefined), {
      timeoutMs: 20,
    });
    expect(await present(issuer.mint())).toBe('guard_unavailable');
    expect(events[0]).toMatchObject({ reason: 'keys-unavailable', error: { code: 'unavailable' } });
    expect(validateToken.mock.calls[0]?.[1].signal.aborted).toBe(true);
  });
});

describe('the circuit', () => {
  it('opens after so many outages in a row, and lets one request try after its time', async () => {
    const { present, issuer, validateToken, time } = bench(OUTAGE, { failuresToOpen: 3, openSeconds: 10 });
    const presentAnew = async (): Promise<string> => present(issuer.mint());
    for (const _ of [1, 2, 3, 4, 5]) expect(await presentAnew()).toBe('guard_unavailable');
    expect(validateToken).toHaveBeenCalledTimes(3);
    time.now += 9_999;
    await presentAnew();
    expect(validateToken).toHaveBeenCalledTimes(3);
    time.now += 1;
    expect(await Promise.all([presentAnew(), presentAnew()])).toEqual(['guard_unavailable', 'guard_unavailable']);
    expect(validateToken).toHaveBeenCalledTimes(4);
    time.now += 10_000;
    validateToken.mockImplementation(VALID);
    expect(await presentAnew()).toBe('passed');
    expect(await Promise.all([presentAnew(), presentAnew()])).toEqual(['passed', 'passed']);
  });

  it('says how long it stays open, beginning with the request that opened it', async () => {
    const { guard, issuer, time } = bench(OUTAGE, { failuresToOpen: 2, openSeconds: 10 });
    const retryAfter = async (): Promise<unknown> => {
      const verdict = await guard.decide({ request: {}, header: () => issuer.mint() });
      return verdict.outcome === 'refused' && verdict.refusal.headers['Retry-After'];
    };
    expect([await retryAfter(), await retryAfter()]).toEqual(['1', '10']);
    time.now += 6_500;
    expect(await retryAfter()).toBe('4');
    time.now += 3_500;
    expect(await retryAfter()).toBe('10');
  });

  it('is not opened by tokens that the issuer refuses, and closed by every answer', async () => {
    const { present, issuer, validateToken } = bench(OUTAGE, { failuresToOpen: 2 });
    await present(issuer.mint());
    validateToken.mockImplementation(rejecting('token_invalid'));
    for (const _ of [1, 2, 3]) await present(issuer.mint());
    validateToken.mockImplementation(OUTAGE);
    await present(issuer.mint());
    validateToken.mockImplementation(VALID);
    expect(await present(issuer.mint())).toBe('passed');
  });
});

describe('an answer about one request alone', () => {
  const answering = (httpStatus: number): RemoteValidate => {
    const refusal = Object.assign(new Error('unexpected'), { code: 'unexpected_answer', httpStatus });
    return async () => Promise.reject(refusal);
  };

  it.each([400, 413, 414, 431])('(HTTP %i) is a 503 for this request, and never opens the circuit', async (status) => {
    const { present, issuer, validateToken } = bench(answering(status), { failuresToOpen: 2 });
    for (const _ of [1, 2, 3]) expect(await present(issuer.mint())).toBe('guard_unavailable');
    validateToken.mockImplementation(VALID);
    expect(await present(issuer.mint())).toBe('passed');
  });

  it.each([401, 403, 404, 429, 500])('is not HTTP %i', async (status) => {
    const { present, issuer, validateToken } = bench(answering(status), { failuresToOpen: 2 });
    for (const _ of [1, 2, 3]) expect(await present(issuer.mint())).toBe('guard_unavailable');
    expect(validateToken).toHaveBeenCalledTimes(2);
  });

  it('does not hide that the issuer is down for all others', async () => {
    const { present, issuer, validateToken, time } = bench(OUTAGE, { failuresToOpen: 2, openSeconds: 10 });
    const answer = async (how: RemoteValidate): Promise<void> => {
      validateToken.mockImplementation(how);
      await present(issuer.mint());
    };
    for (const how of [OUTAGE, answering(414), OUTAGE, OUTAGE]) await answer(how);
    expect(validateToken).toHaveBeenCalledTimes(3);
    time.now += 10_000;
    for (const how of [answering(414), OUTAGE, OUTAGE]) await answer(how);
    expect(validateToken).toHaveBeenCalledTimes(5);
  });
});

describe('tokens without an id', () => {
  const claims = { jti: undefined };

  it('are told apart by what is signed, where that is declared', async () => {
    const { present, issuer, consume } = bench(VALID, {}, { claims: { tokenId: null } });
    expect(await present(issuer.mint({ claims }))).toBe('passed');
    expect(await present(issuer.mint({ claims: { ...claims, client_ref_id: '2' } }))).toBe('passed');
    const [first, second] = consume.mock.calls.map(([use]) => use.id);
    expect(first).not.toBe(second);
  });

  it('are one under every signature that their issuer accepts', async () => {
    const { present, issuer, consume } = bench(VALID, {}, { claims: { tokenId: null } });
    const token = issuer.mint({ claims });
    const otherSignature = `${token.slice(0, token.lastIndexOf('.'))}.${Buffer.alloc(64, 7).toString('base64url')}`;
    await present(token);
    await present(otherSignature);
    const [first, second] = consume.mock.calls.map(([use]) => use.id);
    expect(first).toBe(second);
  });
});

describe('keys in the shadow', () => {
  const stranger = (): TokenKeys => createTestIssuer().trusted.keys;
  const foreign: TokenKeys = { accepts: () => false, authenticate: () => ({ outcome: 'authentic' }) };
  const failing: TokenKeys = { accepts: () => true, authenticate: async () => Promise.reject(new Error('no keys')) };

  const watched = async (answer: RemoteValidate, shadowOf: (own: TokenKeys) => TokenKeys) => {
    const events: unknown[] = [];
    const subscriber = (event: unknown): void => void events.push(event);
    diagnosticsChannel.subscribe('verified-mobile:shadow', subscriber);
    const issuer = createTestIssuer({ clock: () => NOW });
    const { present } = bench(answer, { shadow: shadowOf(issuer.trusted.keys) });
    const token = issuer.mint();
    const outcome = await present(token);
    await new Promise((resolve) => void setImmediate(resolve));
    diagnosticsChannel.unsubscribe('verified-mobile:shadow', subscriber);
    expect(inspect(events, { depth: 10 })).not.toContain(token.slice(40));
    return { outcome, events };
  };
  const event = (remote: string, local: string): object => ({
    at: NOW,
    remote,
    local,
    tokenDigest: expect.stringMatching(/^[\w-]{22}$/) as string,
  });

  it('that agree are not heard of', async () => {
    expect(await watched(VALID, (own) => own)).toEqual({ outcome: 'passed', events: [] });
    expect(await watched(rejecting('token_invalid'), stranger)).toEqual({ outcome: 'otp_token_invalid', events: [] });
  });

  it.each<[string, RemoteValidate, (own: TokenKeys) => TokenKeys, string, object]>([
    ['they refuse what passes', VALID, stranger, 'passed', event('valid', 'invalid')],
    [
      'they accept what is refused',
      rejecting('token_invalid'),
      (own) => own,
      'otp_token_invalid',
      event('invalid', 'valid'),
    ],
    ['the clocks differ', rejecting('token_timed_out'), (own) => own, 'otp_token_expired', event('timed-out', 'valid')],
    ['the issuer is down', OUTAGE, (own) => own, 'guard_unavailable', event('unavailable', 'valid')],
    ['they cannot be had', VALID, () => failing, 'passed', event('valid', 'unavailable')],
    ['they know another algorithm', VALID, () => foreign, 'passed', event('valid', 'invalid')],
  ])('are reported and decide nothing where %s', async (_what, answer, shadowOf, outcome, expected) => {
    expect(await watched(answer, shadowOf)).toEqual({ outcome, events: [expected] });
  });

  it('that never answer hold nothing up', async () => {
    const silent: TokenKeys = { accepts: () => true, authenticate: async () => new Promise(() => undefined) };
    expect(await watched(VALID, () => silent)).toEqual({ outcome: 'passed', events: [] });
  });

  it('are not asked where nobody listens', async () => {
    const authenticate = vi.fn<TokenKeys['authenticate']>(() => ({ outcome: 'forged' }));
    const { present, issuer } = bench(VALID, { shadow: { accepts: () => true, authenticate } });
    expect(await present(issuer.mint())).toBe('passed');
    expect(authenticate).not.toHaveBeenCalled();
  });
});

describe('remoteValidation() refuses', () => {
  it.each<[string, unknown, object, string]>([
    ['nothing', undefined, {}, 'takes the client of createOtpClient()'],
    ['a URL', 'https://otp.test', {}, 'takes the client of createOtpClient()'],
    ['an object that cannot ask', {}, {}, 'takes the client of createOtpClient()'],
    ['no time', VALID, { timeoutMs: 0 }, 'timeoutMs must be'],
    ['too long a time', VALID, { timeoutMs: 30_001 }, 'timeoutMs must be'],
    ['no failures', VALID, { failuresToOpen: 0 }, 'failuresToOpen must be'],
    ['no time for the circuit', VALID, { openSeconds: 0 }, 'openSeconds must be'],
    ['a shadow that is no key', VALID, { shadow: 'ES256' }, 'shadow must be made by'],
    ['a misspelt option', VALID, { timeoutMS: 5 }, 'has no option timeoutMS'],
  ])('%s', (_what, issuer, options, message) => {
    expect(() => remoteValidation(issuer as RemoteValidate, options)).toThrow(message);
  });

  it('and an empty name of a claim is not the same as none', () => {
    const { trusted } = createTestIssuer();
    expect(() => createGuard({ issuers: { ...trusted, claims: { tokenId: '' } } })).toThrow('claims.tokenId must be');
  });
});
