import type { Challenge } from './challenge.ts';
import type { ConversionGuard, Limits } from './limits.ts';

/**
 * Keeps the codes under way, and counts sends and failures. Every verb is one atomic step, also between processes: read,
 * decide and write together, or two parallel guesses count as one. `now` is milliseconds since the epoch and comes from
 * the caller. Keys are opaque. No verb ever sees a code or a token. An outage throws.
 *
 * `describeOtpStore` of `@verified-mobile/issuer/testing` is the suite that a store of your own must pass.
 */
export interface OtpStore {
  /**
   * Counts a send, if every rule allows it. Until it is committed, the code before stays the live one. A reference is
   * remembered for 24 hours after its send was committed; a reservation that has not ended after a minute never will,
   * and its reference may be used again.
   */
  reserveSend(send: SendReservation, now: number): Promise<SendDecision>;
  /**
   * The SMS was accepted: makes this the only challenge of its subject, with no attempts counted, and counts the send
   * as billable. `superseded` if a newer send was committed meanwhile: the challenge stays as it was.
   */
  commitSend(send: SendReservation, challenge: Challenge, now: number): Promise<CommitResult>;
  /**
   * The SMS was refused: the send counts for no window, and its reference may be used again. The pause after it stays, and
   * it lengthens later pauses as any send does: a provider must not be called without end for one mobile. `now` is the
   * instant at which it was reserved.
   */
  cancelSend(send: SendReservation, now: number): Promise<void>;
  /**
   * Counts one attempt, and one failure with it, and returns the challenge to compare with; if there is none, counts
   * nothing. With `failuresBeforeWait` failures within an hour everyone must wait: 30 seconds, and twice as long with
   * each further failure, up to an hour. Failures in a row are remembered for 30 days after the last one. A store that may
   * come back without what was last written must refuse the codes from before, or a used one gets a second token.
   */
  countAttempt(subject: string, limits: Limits, now: number): Promise<AttemptDecision>;
  /**
   * The code was right: takes back the attempt and all failures, and consumes the challenge, for exactly one caller.
   * Other callers with the same right code get the first one's sealed answer for ten seconds.
   */
  consume(consumption: ChallengeConsumption, now: number): Promise<ChallengeConsumptionResult>;
  /** Forgets the failures of a subject, stop included. For an operator. */
  release(subject: string, now: number): Promise<void>;
  /** Billable sends and verified codes of each day, in the order asked for. */
  usage(account: string, days: readonly string[]): Promise<DayUsage[]>;
  /** Resolves if the store can be reached and relied on; rejects with what to do about it. */
  ready?(): Promise<void>;
}

/** A verb that requests call, by its name. */
export type StoreVerb = Exclude<keyof OtpStore, 'ready'>;

export interface SendReservation {
  /** Account, purpose and mobile. */
  readonly subject: string;
  /** The mobile, over all accounts. */
  readonly mobile: string;
  /** Account and prefix of the mobile. */
  readonly prefix: string;
  readonly account: string;
  /** The day it is billed on. */
  readonly day: string;
  /** Of the challenge that will be committed. */
  readonly id: string;
  /** `tid` of the answer; the same for every repetition of the reference. */
  readonly tid: string;
  /** The caller's `client_ref_id`, for 24 hours, and a digest of all it stood for. */
  readonly reference?: { key: string; body: string } | undefined;
  readonly limits: Limits;
  readonly sendsPerMobileAndDay: number;
  readonly conversionGuard: ConversionGuard;
}

/** Why a send must wait. `stopped` ends only when an operator releases the mobile. */
export type SendWait =
  | 'cooldown'
  | 'hour'
  | 'day'
  | 'mobile-day'
  | 'failures'
  | 'stopped'
  /** The prefix sends much and verifies little: see `ConversionGuard`. */
  | 'conversion';

export type SendDecision =
  | { readonly outcome: 'reserved' }
  /** Sent before under this reference, at that instant. */
  | { readonly outcome: 'repeated'; readonly tid: string; readonly sentAt: number }
  /** The first send of this reference is still being handed over; after so long it is taken for abandoned. */
  | { readonly outcome: 'under-way'; readonly retryAfterMs: number }
  /** The reference stands for another request. */
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'refused'; readonly reason: SendWait; readonly retryAfterMs: number };

/** Whether the committed code is now the live one. */
export type CommitResult = { readonly outcome: 'committed' | 'superseded' };

export type AttemptRefusal =
  | 'never-sent'
  | 'expired'
  | 'used'
  | 'attempts-used'
  | 'failures'
  | 'stopped'
  /** The store may have lost what happened since the code was sent: that it was used, replaced or guessed at. */
  | 'forgotten';

export type AttemptDecision =
  /** `waitMs`: for how long this attempt makes all others wait, unless it is right; 0 if it does not. */
  | { readonly outcome: 'compare'; readonly challenge: Challenge; readonly waitMs: number }
  | { readonly outcome: 'refused'; readonly reason: AttemptRefusal };

export interface ChallengeConsumption {
  readonly subject: string;
  readonly prefix: string;
  readonly account: string;
  readonly day: string;
  readonly challenge: Challenge;
  /** This caller's; returned to callers who repeat the code. */
  readonly sealedAnswer: string;
}

export type ChallengeConsumptionResult =
  | { readonly outcome: 'consumed' }
  | { readonly outcome: 'repeated'; readonly sealedAnswer: string }
  /** Expired, replaced, forgotten or answered longer ago, between the attempt and now. */
  | { readonly outcome: 'lost' };

export interface DayUsage {
  readonly sent: number;
  readonly verified: number;
}

export const HOUR_MS: number = 60 * 60 * 1000;
export const DAY_MS: number = 24 * HOUR_MS;
/** How long a reference is remembered, and failures, after the last one. */
export const REFERENCE_MS: number = DAY_MS;
export const FAILURES_REMEMBERED_MS: number = 30 * DAY_MS;
/** A send that has not ended by then never will: its node is gone, and its reference may be used again. */
export const ABANDONED_AFTER_MS = 60_000;
/** How many refused sends of the last hour are remembered: as many pauses can be told apart. */
export const REFUSED_SENDS_REMEMBERED = 10;
/** How many sends to one mobile may be under way together; an older one is then taken for superseded. */
export const SENDS_UNDER_WAY = 8;
/** Conversions are counted by when the code was sent, in slots as long as a code lives; the guard looks back on six. */
export const CONVERSION_SLOT_MS: number = 5 * 60 * 1000;
export const CONVERSION_SLOTS = 6;
