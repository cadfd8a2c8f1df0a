import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import {
  createGuard,
  type Guard,
  type GuardOptions,
  type ReplayStore,
  type TrustedIssuer,
} from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../src/lib/canonical-json.ts';
import { guardBench, NOW } from './support.ts';

const PAYOUT = { amount: 2500, currency: 'INR', payee: '026291800001191' };
const CANONICAL = '{"amount":2500,"currency":"INR","payee":"026291800001191"}';
const hashOf = (canonical: string): string => createHash('sha256').update(canonical).digest('base64url');
const boundTo = (canonical: string) => ({ transaction_data_hashes: [hashOf(canonical)] });

describe('a transaction', () => {
  const outcome = async (claims: object, transaction: unknown, changes: { bindsTransactions?: boolean } = {}) => {
    const { issuer } = guardBench();
    const bench = guardBench({ issuers: { ...issuer.trusted, ...changes }, transaction: () => transaction });
    return bench.present(issuer.mint({ claims }));
  };

  it('passes as the customer approved it, in whatever order its members come', async () => {
    expect(await outcome(boundTo(CANONICAL), PAYOUT)).toBe('passed');
    expect(await outcome(boundTo(CANONICAL), { payee: PAYOUT.payee, currency: 'INR', amount: 2500.0 })).toBe('passed');
  });

  it.each([
    ['another amount', { ...PAYOUT, amount: 2501 }],
    ['another payee', { ...PAYOUT, payee: '0' }],
    ['an amount as text', { ...PAYOUT, amount: '2500' }],
    ['one member more', { ...PAYOUT, note: '' }],
    ['one member less', { amount: 2500, currency: 'INR' }],
    ['an amount that is no number', { ...PAYOUT, amount: Number.NaN }],
    ['nothing', undefined],
  ])('with %s is not the one', async (_what, transaction) => {
    expect(await outcome(boundTo(CANONICAL), transaction)).toBe('transaction_mismatch');
  });

  it('may be one of several that the customer approved together', async () => {
    expect(await outcome({ transaction_data_hashes: [hashOf('{}'), hashOf(CANONICAL)] }, PAYOUT)).toBe('passed');
  });

  it('needs SHA-256', async () => {
    const claims = { ...boundTo(CANONICAL), transaction_data_hashes_alg: 'md5' };
    expect(await outcome(claims, PAYOUT)).toBe('otp_token_invalid');
    expect(await outcome({ ...claims, transaction_data_hashes_alg: 'sha-256' }, PAYOUT)).toBe('passed');
  });

  it('must be in the token, unless its issuer is declared to bind none', async () => {
    expect(await outcome({}, PAYOUT)).toBe('transaction_mismatch');
    expect(await outcome({}, PAYOUT, { bindsTransactions: false })).toBe('passed');
    expect(await outcome(boundTo('{}'), PAYOUT, { bindsTransactions: false })).toBe('transaction_mismatch');
  });

  it('must be compared wherever the token holds one', async () => {
    const { present, issuer } = guardBench();
    expect(await present(issuer.mint({ claims: boundTo(CANONICAL) }))).toBe('transaction_mismatch');
  });

  it('that no caller can have sent is a fault of the application', async () => {
    await expect(outcome(boundTo(CANONICAL), { amount: 2500n })).rejects.toThrow('transaction cannot hold a bigint');
  });

  it.each([
    ['a Date', new Date(0)],
    ['a Map', new Map([['amount', 9_000_000]])],
    ['a Set', new Set([1])],
    [
      'a Decimal',
      new (class Decimal {
        #amount = 9_000_000;
        get amount() {
          return this.#amount;
        }
      })(),
    ],
    ['a String', new String('2500')],
  ])('holding %s is refused: as JSON it would be {}, like every other one', async (what, value) => {
    const error = {
      code: 'invalid_configuration',
      message: expect.stringContaining(`transaction cannot hold ${what}`) as string,
    };
    await expect(outcome(boundTo('{}'), value)).rejects.toMatchObject(error);
    await expect(outcome(boundTo('{}'), { order: [value] })).rejects.toMatchObject(error);
  });

  it('may be an object without a prototype, or of another realm', async () => {
    expect(await outcome(boundTo(CANONICAL), Object.assign(Object.create(null), PAYOUT))).toBe('passed');
    expect(await outcome(boundTo(CANONICAL), runInNewContext(`(${JSON.stringify(PAYOUT)})`))).toBe('passed');
  });

  it('100 levels deep can be compared, and one level deeper is another transaction, however deep it goes', async () => {
    const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`);
    expect(await outcome(boundTo(`${'['.repeat(100)}1${']'.repeat(100)}`), nested(100))).toBe('passed');
    for (const levels of [101, 5_000]) {
      const claims = boundTo(`${'['.repeat(levels)}1${']'.repeat(levels)}`);
      expect(await outcome(claims, nested(levels))).toBe('transaction_mismatch');
    }
  });
});

describe('canonical JSON (RFC 8785)', () => {
  it('gives the sample of the RFC', () => {
    const sample = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(sample)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts by UTF-16 code units, as the sample of the RFC does', () => {
    const sample = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    expect(canonicalJson(sample)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}');
  });

  it('is the same for equal values, another for others, and reads back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const canonical = canonicalJson(value);
        expect(JSON.parse(canonical!)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(JSON.stringify(value)))).toBe(canonical);
      }),
    );
  });

  it('is what another implementation makes of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 500 },
    );
  });

  it.each([Number.POSITIVE_INFINITY, { a: [Number.NaN] }, '\ud800', { '\udfff': 1 }, [undefined]])(
    'has no form for %j',
    (value) => expect(canonicalJson(value)).toBeUndefined(),
  );
});

describe('the operation', () => {
  interface Call {
    readonly key?: unknown;
    readonly amount?: number;
  }
  const bench = () => {
    const options: GuardOptions<Call> = {
      idempotencyKey: ({ key }) => key as string,
      transaction: ({ amount = 1 }) => ({ amount }),
    };
    const { issuer, ...rest } = guardBench();
    const guarded = guardBench({
      ...(options as GuardOptions),
      issuers: { ...issuer.trusted, bindsTransactions: false },
    });
    const token = issuer.mint();
    const decide = async (request: Call, { method = 'POST', url = '/payouts' } = {}): Promise<string> => {
      const verdict = await guarded.guard.decide({
        request,
        method,
        url,
        header: (name) => (name === 'otp-verification-token' ? token : undefined),
      });
      if (verdict.outcome === 'refused') return verdict.refusal.code;
      return verdict.outcome === 'passed' && verdict.proof.retry ? 'retry' : 'first';
    };
    return { ...rest, decide };
  };

  it('is key, transaction, method and path together', async () => {
    const { decide } = bench();
    expect(await decide({ key: 'a' })).toBe('first');
    expect(await decide({ key: 'a' })).toBe('retry');
    expect(await decide({ key: 'a' }, { url: '/payouts?page=2' })).toBe('retry');
    expect(await decide({ key: 'b' })).toBe('otp_token_used');
    expect(await decide({ key: 'a', amount: 2 })).toBe('otp_token_used');
    expect(await decide({ key: 'a' }, { method: 'PUT' })).toBe('otp_token_used');
    expect(await decide({ key: 'a' }, { url: '/loans' })).toBe('otp_token_used');
  });

  it.each([undefined, null, '', 5, ['a'], '\ud800', 'a\udfff'])('never repeats if the key is %j', async (key) => {
    const { decide } = bench();
    expect(await decide({ key })).toBe('first');
    expect(await decide({ key })).toBe('otp_token_used');
  });

  describe('in services that share a store', () => {
    const serviceNamed = (service: string, consume: ReplayStore['consume'], trusted: TrustedIssuer) =>
      createGuard({
        issuers: trusted,
        clock: () => NOW,
        replayStore: { scope: 'shared', consume },
        idempotencyKey: () => 'payout-1',
        service,
      });

    it('is one for a service and its replicas, and another for every other service', async () => {
      const { issuer, clock } = guardBench();
      const store = isolatedMemoryReplayStore({ clock });
      const [salaries, replica, refunds] = ['salaries', 'salaries', 'refunds'].map((name) =>
        serviceNamed(name, async (...use) => store.consume(...use), issuer.trusted),
      );
      const presentation = {
        request: {},
        method: 'POST',
        url: '/payouts',
        header: () => issuer.mint({ claims: { jti: 'one' } }),
      };
      const decide = async (guard: Guard | undefined) => guard?.decide({ ...presentation, request: {} });
      expect(await decide(salaries)).toMatchObject({ outcome: 'passed', proof: { retry: false } });
      expect(await decide(replica)).toMatchObject({ outcome: 'passed', proof: { retry: true } });
      expect(await decide(refunds)).toMatchObject({ outcome: 'refused', refusal: { code: 'otp_token_used' } });
    });
  });
});
