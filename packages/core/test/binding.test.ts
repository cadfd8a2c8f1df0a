import { createHash } from 'node:crypto';
import type { GuardOptions } from '@verified-mobile/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../src/lib/canonical-json.ts';
import { guardBench } from './support.ts';

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

  it.each([undefined, null, '', 5, ['a']])('never repeats where the key is %j', async (key) => {
    const { decide } = bench();
    expect(await decide({ key })).toBe('first');
    expect(await decide({ key })).toBe('otp_token_used');
  });
});
