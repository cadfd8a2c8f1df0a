import type { OtpCustomer, OtpTransaction } from '@verified-mobile/client';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';

/** The one customer of the demo, who is always signed in. Elsewhere the session says who it is. */
export const CUSTOMER: OtpCustomer = { mobile: '9876543210', cspId: SANDBOX_CREDENTIALS.cspId };

export interface Payout {
  readonly amount: number;
  readonly account: string;
}

/** What the page and the walk pay. */
export const PAYOUT: Payout = { amount: 2500, account: '026291800001191' };

/**
 * What the customer approves of a payout: the SMS says it, and the guards compare it. The account and not a name: money
 * goes where the account is.
 */
export function transactionOf(payout: unknown): OtpTransaction | undefined {
  const { amount, account } = Object(payout) as Partial<Record<keyof Payout, unknown>>;
  if (typeof amount !== 'number' || typeof account !== 'string') return undefined;
  return { amount, currency: 'INR', payee: account };
}
