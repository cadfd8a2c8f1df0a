import { randomUUID } from 'node:crypto';
import type { Proof } from '@verified-mobile/core';
import type { Payout } from './demo.ts';

export interface Settled {
  readonly status: 200 | 201 | 409;
  readonly body: object;
}

/** In the place of the payout database: one row for each proof. */
export interface PayoutBook {
  /** Pays once for a proof, and answers its retry from the row. */
  readonly settle: (proof: Proof, payout: unknown) => Settled;
}

export function createPayoutBook(): PayoutBook {
  const rows = new Map<string, object>();
  return {
    settle({ proofId, mobile, retry }, payout) {
      const row = rows.get(proofId);
      if (retry && row !== undefined) return { status: 200, body: row };
      // Without a row the first request may still be paying; with one that is no retry, it has paid.
      if (retry || row !== undefined) return { status: 409, body: { code: 'payout_unsettled' } };
      const { amount, account } = payout as Payout;
      const paid = { payoutId: randomUUID(), proofId, mobile, amount, currency: 'INR', account };
      rows.set(proofId, paid);
      return { status: 201, body: paid };
    },
  };
}
