import { randomUUID } from 'node:crypto';
import { PAYOUT } from './demo.ts';

/** A payout that was made, with what made it. Kept here and not in the browser: what reads the page reads no token. */
export interface Payment {
  readonly token: string;
  readonly idempotencyKey: string;
  readonly payout: unknown;
}

export interface LastPayment {
  readonly remember: (payment: Payment) => void;
  readonly forget: () => void;
  /** The page's own payment, or one made for the customer if that is missing or old. */
  readonly young: () => Promise<Payment>;
}

export interface LastPaymentSettings {
  readonly clock: () => number;
  /** Returns a token that the customer has approved the payout with. */
  readonly approve: () => Promise<string>;
  readonly pay: (payment: Payment) => Promise<unknown>;
}

/** Shorter than a token's five minutes, by the time that a try takes. */
const YOUNG_MS = 290_000;

export function createLastPayment({ clock, approve, pay }: LastPaymentSettings): LastPayment {
  let last: (Payment & { readonly at: number }) | undefined;
  const remember = (payment: Payment): void => void (last = { ...payment, at: clock() });
  return {
    remember,
    forget: () => void (last = undefined),
    async young() {
      if (last !== undefined && clock() - last.at < YOUNG_MS) return last;
      const payment = { token: await approve(), idempotencyKey: randomUUID(), payout: PAYOUT };
      await pay(payment);
      remember(payment);
      return payment;
    },
  };
}
