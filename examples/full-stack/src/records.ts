/** Stands for your database. */
import { isDeepStrictEqual } from 'node:util';

export interface Customer {
  readonly id: string;
  readonly mobile: string;
}

export interface Transaction {
  readonly amount: number;
  readonly payee: string;
}

/** A row of a table with `UNIQUE (proof_id)` and `UNIQUE (customer_id, key)`. */
export interface Payout {
  readonly transaction: Transaction;
  readonly customerId: string;
  readonly key: string;
  readonly proofId: string;
}

export const customers: ReadonlyMap<unknown, Customer> = new Map([
  ['Asha', { id: 'c1', mobile: '9840000001' }],
  ['Ravi', { id: 'c2', mobile: '9840000002' }],
]);
export const payees: readonly unknown[] = ['Meera Traders', 'Kiran Stores'];
export const payouts: Payout[] = [];

/** Pays, or returns the payout that this proof or this key has made before. `undefined`: nothing was paid. */
export function payOnce(payout: Payout, retry: boolean): Payout | undefined {
  const { transaction, customerId, key, proofId } = payout;
  const made = payouts.find((row) => row.proofId === proofId || (row.customerId === customerId && row.key === key));
  // The same key for another amount or payee is another payout.
  if (made) return isDeepStrictEqual(made.transaction, transaction) ? made : undefined;
  // A retry without a record may be under way, or paid where this process cannot see it.
  if (retry) return undefined;
  payouts.push(payout);
  return payout;
}
