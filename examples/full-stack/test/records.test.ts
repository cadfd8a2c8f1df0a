import { beforeEach, expect, it } from 'vitest';
import { payOnce, payouts } from '../src/records.ts';

const PAYOUT = { transaction: { amount: 2500, payee: 'Meera Traders' }, customerId: 'c1', key: 'k1', proofId: 'p1' };

beforeEach(() => void payouts.splice(0));

it('pays one proof once, whatever the key', () => {
  expect(payOnce(PAYOUT, false)).toBe(PAYOUT);
  expect(payOnce({ ...PAYOUT, key: 'k2' }, false)).toBe(PAYOUT);
  expect(payouts).toEqual([PAYOUT]);
});

it('pays one key of a customer once, whatever the proof', () => {
  expect(payOnce(PAYOUT, false)).toBe(PAYOUT);
  expect(payOnce({ ...PAYOUT, proofId: 'p2' }, false)).toBe(PAYOUT);
  expect(payOnce({ ...PAYOUT, proofId: 'p2', transaction: { amount: 9000, payee: 'Meera Traders' } }, false)).toBe(
    undefined,
  );
  expect(payouts).toEqual([PAYOUT]);
});

it("does not mix two customers' keys", () => {
  const other = { ...PAYOUT, customerId: 'c2', proofId: 'p2' };
  expect([payOnce(PAYOUT, false), payOnce(other, false)]).toEqual([PAYOUT, other]);
});

it('does not pay a retry without a record', () => {
  expect(payOnce(PAYOUT, true)).toBe(undefined);
  expect(payouts).toEqual([]);
});
