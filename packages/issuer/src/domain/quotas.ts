import { half } from './limits.ts';

/** Codes sent within any minute, any hour and any 24 hours. */
export interface SendCounts {
  readonly perMinute: number;
  readonly perHour: number;
  readonly perDay: number;
}

/** How much an account may send over all its mobiles. A send whose SMS was refused counts for none of it. */
export interface Quotas {
  /**
   * Of the account. Default 600 a minute, 12,000 an hour, 100,000 a day. The minute bounds what a flood costs before the
   * conversion guards can see it: 20,000 requests within seconds become at most 600 SMS. The day bounds what a stolen key
   * can cost.
   */
  readonly account: SendCounts;
  /** Of each agent (`csp_id`) of the account. Default half of the account's: one agent leaves the other half to the others. */
  readonly agent: SendCounts;
  /**
   * Sends in a calendar month in India; then Send answers `response_status_id` 347 until the next one begins. A send
   * whose node was killed counts, for its SMS may have gone out. Default: no budget.
   */
  readonly budgetPerMonth?: number | undefined;
}

/** Quotas as they are set: what is left out keeps its default. */
export interface QuotaSettings {
  readonly account?: Partial<SendCounts>;
  readonly agent?: Partial<SendCounts>;
  readonly budgetPerMonth?: number;
}

export const DEFAULT_ACCOUNT_COUNTS: Readonly<SendCounts> = Object.freeze({
  perMinute: 600,
  perHour: 12_000,
  perDay: 100_000,
});

/** What one agent of an account may send, unless it is set. */
export function halfOf({ perMinute, perHour, perDay }: SendCounts): SendCounts {
  return { perMinute: half(perMinute), perHour: half(perHour), perDay: half(perDay) };
}
