/** How often a code is sent and guessed. Numbers are counts, unless the name says seconds. */
export interface Limits {
  /** Pause after the first, second, … send to a mobile within an hour; the last one holds for all that follow. A send whose SMS was refused counts, too. At most 10; default `[30, 60, 120]`. */
  readonly cooldownSeconds: readonly number[];
  /** Sends to one mobile within any hour. Default 5. */
  readonly sendsPerHour: number;
  /** Sends to one mobile within any 24 hours. Default 10: with five attempts a code, one guess in 20,000 days succeeds. */
  readonly sendsPerDay: number;
  /** Wrong codes until the right one is refused too. Default 5. */
  readonly attemptsPerCode: number;
  /**
   * Wrong codes for one mobile within any hour after which everyone must wait, and longer with each further one, until
   * a code is right. Resending does not reset the count. Counted for each `session_id` alone, if callers give one.
   * Default 10.
   */
  readonly failuresBeforeWait: number;
  /** Wrong codes in a row after which only an operator can release the mobile. Default 100, the most NIST SP 800-63B-4 section 3.2.2 allows. */
  readonly failuresBeforeStop: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze({
  cooldownSeconds: Object.freeze([30, 60, 120]),
  sendsPerHour: 5,
  sendsPerDay: 10,
  attemptsPerCode: 5,
  failuresBeforeWait: 10,
  failuresBeforeStop: 100,
});

/** Sends to one mobile within any 24 hours, over all accounts together. */
export const DEFAULT_SENDS_PER_MOBILE_AND_DAY = 20;

/** So many a day are kept for every account, as long as the sends over all accounts are not used up altogether. */
export const ASSURED_SENDS_PER_MOBILE_AND_DAY = 2;

/** How many of them any account may take; the others are for accounts that have sent less than the assured ones. */
export function openSends(sendsPerMobileAndDay: number, accounts: number): number {
  return accounts > 1 ? Math.ceil(sendsPerMobileAndDay / 2) : sendsPerMobileAndDay;
}

/** The wait after `failuresBeforeWait`; each failure after that doubles it. */
export const FIRST_WAIT_MS = 30_000;
export const LONGEST_WAIT_MS: number = 60 * 60 * 1000;

/** For codes of four digits, a hundred times easier to guess: every count is halved. */
export function halved(limits: Limits): Limits {
  return {
    cooldownSeconds: limits.cooldownSeconds,
    sendsPerHour: half(limits.sendsPerHour),
    sendsPerDay: half(limits.sendsPerDay),
    attemptsPerCode: half(limits.attemptsPerCode),
    failuresBeforeWait: half(limits.failuresBeforeWait),
    failuresBeforeStop: half(limits.failuresBeforeStop),
  };
}

/** At least 1. */
export function half(count: number): number {
  return Math.max(1, Math.floor(count / 2));
}

/**
 * When a group of numbers, or a whole account, looks like SMS pumping: a fraudster has codes sent to numbers whose carrier
 * pays for them, and hardly ever verifies one.
 */
export interface ConversionGuard {
  /** Sends within half an hour below which nothing is concluded. Default 100 for a prefix, 500 for an account. */
  readonly minimumSends: number;
  /** The share of those sends that must have been verified. 0 switches the guard off. Default 0.1. */
  readonly minimumShare: number;
  /** While it looks so, it gets one send in so long. Default 10 for a prefix, 1 for an account. */
  readonly secondsBetweenSends: number;
}

export const DEFAULT_CONVERSION_GUARD: Readonly<ConversionGuard> = Object.freeze({
  minimumSends: 100,
  minimumShare: 0.1,
  secondsBetweenSends: 10,
});

/** Milder than that of a prefix: the customers of an account that is being abused must still get their codes. */
export const DEFAULT_ACCOUNT_CONVERSION_GUARD: Readonly<ConversionGuard> = Object.freeze({
  minimumSends: 500,
  minimumShare: 0.1,
  secondsBetweenSends: 1,
});
