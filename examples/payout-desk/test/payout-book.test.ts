import type { Proof } from '@verified-mobile/core';
import { describe, expect, it } from 'vitest';
import { createPayoutBook } from '../src/payout-book.ts';

const PAYOUT = { amount: 2500, account: '026291800001191' };

function proof(proofId: string, retry = false): Proof {
  const mobile = '+919876543210';
  return {
    mobile,
    tokenId: 'token',
    proofId,
    issuer: 'issuer',
    issuedAt: 0,
    expiresAt: 0,
    operation: 'operation',
    retry,
  };
}

describe('the payout book', () => {
  it('pays once for a proof, and answers its retry from the row', () => {
    const book = createPayoutBook();
    const first = book.settle(proof('a'), PAYOUT);
    expect(first).toMatchObject({ status: 201, body: { ...PAYOUT, currency: 'INR', mobile: '+919876543210' } });
    expect(book.settle(proof('a', true), PAYOUT)).toEqual({ status: 200, body: first.body });
    expect(book.settle(proof('b'), PAYOUT).status).toBe(201);
  });

  it('does not pay for a retry without a row, nor for a proof that has one', () => {
    const book = createPayoutBook();
    expect(book.settle(proof('a', true), PAYOUT)).toEqual({ status: 409, body: { code: 'payout_unsettled' } });
    expect(book.settle(proof('a'), PAYOUT).status).toBe(201);
    expect(book.settle(proof('a'), PAYOUT).status).toBe(409);
  });
});
