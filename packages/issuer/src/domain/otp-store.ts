import type { Challenge } from './challenge.ts';
import type { ConversionGuard, Limits } from './limits.ts';
import type { Quotas, SendCounts } from './quotas.ts';

/**
 * Keeps the codes under way, and counts sends and failures. Every verb is one atomic step, also between processes: read,
 * decide and write together, or two parallel guesses count as one. `now` is milliseconds since the epoch and comes from
 * the caller. Keys are opaque. No verb ever sees a code or a token. An outage throws.
 *
 * `describeOtpStore` of `@verified-mobile/issuer/testing` is the suite that a store of your own must pass.
 */
export interface OtpStore {
  /**
   * Counts a send, if every rule allows it, and keeps its challenge as a pending one: from then on its code is right, for
   * the SMS may arrive before the provider has answered. The code before stays right too, until the send is committed. At
   * most `SENDS_UNDER_WAY` (8) are pending for a subject; one more drops the oldest. A pending challenge whose send never
   * ends is accepted until it expires.
   *
   * A reference is remembered for 24 hours after its send was committed; a reservation that has not ended after a minute
   * never will, and its reference may be used again.
   *
   * The sends of an account, and of an agent, are counted by twelfths of a window, those in which
   * `Math.floor(now / (lengthMs / 12))` is one number. A send counts until twelve more twelfths have ended: so no window
   * of that length holds more than its quota.
   */
  reserveSend(send: SendReservation, now: number): Promise<SendDecision>;
  /**
   * The SMS was accepted: makes the pending challenge the live one, with the attempts counted at it so far, and counts the
   * send as billable. The live one before it, and those that were pending longer, are dead.
   */
  commitSend(send: SendReservation, now: number): Promise<CommitResult>;
  /**
   * The SMS was refused: its challenge is dead, the send counts for no window, and its reference may be used again. The
   * pause after it stays, and it lengthens later pauses as any send does: a provider must not be called without end for
   * one mobile. `now` is the instant at which it was reserved.
   *
   * If its challenge was compared with, or is no longer pending (consumed, for the SMS was delivered after all, or
   * replaced), it goes on to count for the windows of subject and mobile, or codes that a provider refuses could be guessed
   * at beyond all limits; and what was consumed stays consumed.
   *
   * `isCommitted`: the send was committed before its SMS could be handed over, and it never was. Besides all that it is taken
   * off the bill; its code stays as it is, for the one before is dead.
   */
  cancelSend(send: SendReservation, now: number, isCommitted?: boolean): Promise<void>;
  /**
   * Counts one failure, and one attempt at every challenge that the code must be compared with: the live one and the pending
   * ones of this session that have not expired and have attempts left. If there is none, counts nothing.
   *
   * With `failuresBeforeWait` failures of one session within an hour it must wait: 30 seconds, and twice as long with each
   * further failure, up to an hour. Failures in a row are counted over all sessions, and remembered for 30 days after the
   * last one; those of a session, if it has a name, for a day.
   *
   * A store that may come back without what was last written must refuse the codes from before, the pending ones too, even
   * if they are committed later: or a used one gets a second token.
   */
  countAttempt(attempt: Attempt, now: number): Promise<AttemptDecision>;
  /**
   * The code was right: takes back the attempt at it and all failures of its session and in a row, and consumes the
   * challenge, for exactly one caller. A pending one becomes the live one in the same step, as if it had been committed.
   * Other callers with the same right code get the first one's sealed answer for ten seconds.
   */
  consume(consumption: ChallengeConsumption, now: number): Promise<ChallengeConsumptionResult>;
  /** Forgets the failures of a subject, stop included; those of a session with a name make it wait on. For an operator. */
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
  /** Subject and the caller's `session_id`; empty if there is none. Only this session can verify the code. */
  readonly session: string;
  /** The mobile, over all accounts. */
  readonly mobile: string;
  /** Account and prefix of the mobile. */
  readonly prefix: string;
  readonly account: string;
  /** Account and `csp_id`: on whose behalf it is sent. */
  readonly agent: string;
  /** The day it is billed on. */
  readonly day: string;
  /** The month whose budget it uses. */
  readonly month: string;
  readonly challenge: Challenge;
  /** `tid` of the answer; the same for every repetition of the reference. */
  readonly tid: string;
  /** The caller's `client_ref_id`, for 24 hours, and a digest of all it stood for. */
  readonly reference?: { key: string; body: string } | undefined;
  readonly limits: Limits;
  readonly quotas: Quotas;
  /** Over all accounts. */
  readonly sendsPerMobileAndDay: number;
  /** How many of those this account may take once it has sent `ASSURED_SENDS_PER_MOBILE_AND_DAY` (2) within 24 hours. */
  readonly openSendsPerMobileAndDay: number;
  /** Of the prefix. */
  readonly conversionGuard: ConversionGuard;
  readonly accountConversionGuard: ConversionGuard;
}

/** Why a send must wait. `stopped` ends only when an operator releases the mobile. */
export type SendWait =
  | 'cooldown'
  | 'hour'
  | 'day'
  | 'mobile-day'
  | `${'account' | 'agent'}-${SendWindow['name']}`
  | 'failures'
  | 'stopped'
  /** The prefix, or the account, sends much and verifies little: see `ConversionGuard`. */
  | 'conversion'
  | 'account-conversion';

export type SendDecision =
  | { readonly outcome: 'reserved' }
  /** Sent before under this reference, at that instant. */
  | { readonly outcome: 'repeated'; readonly tid: string; readonly sentAt: number }
  /** The first send of this reference is still being handed over; after so long it is taken for abandoned. */
  | { readonly outcome: 'under-way'; readonly retryAfterMs: number }
  /** The reference stands for another request. */
  | { readonly outcome: 'conflict' }
  /** The account's budget of the month is used up. */
  | { readonly outcome: 'over-budget' }
  | { readonly outcome: 'refused'; readonly reason: SendWait; readonly retryAfterMs: number };

export type CommitResult = {
  readonly outcome:
    | 'committed'
    /** A newer code was committed or consumed meanwhile, or the store forgot this one: nothing was changed but the bill. */
    | 'superseded'
    /** Consumed while it was pending: nothing was changed but the bill. */
    | 'verified';
};

export interface Attempt {
  readonly account: string;
  readonly subject: string;
  /** As of the reservation. */
  readonly session: string;
  readonly limits: Limits;
}

export type AttemptRefusal =
  | 'never-sent'
  | 'other-session'
  | 'expired'
  | 'used'
  | 'attempts-used'
  | 'failures'
  | 'stopped'
  /** The store may have lost what happened since the code was sent: that it was used, replaced or guessed at. */
  | 'forgotten';

export type AttemptDecision =
  /**
   * `waitMs`: for how long this attempt makes all others of its session wait, unless it is right; 0 if it does not. `stops`: whether it is
   * the last one, unless it is right. `challenges`: at least one, the newest first.
   */
  | {
      readonly outcome: 'compare';
      readonly challenges: readonly Challenge[];
      readonly waitMs: number;
      readonly stops: boolean;
    }
  /** The reason of the live challenge; if there is none, of the newest pending one. */
  | { readonly outcome: 'refused'; readonly reason: AttemptRefusal };

export interface ChallengeConsumption {
  readonly subject: string;
  readonly session: string;
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

/** Whose failures make whom wait: those of a session with a name are kept under its own key, all others with the subject. */
export function waitingKey({ subject, session }: Pick<Attempt, 'subject' | 'session'>): string {
  return session === '' ? subject : session;
}

export const HOUR_MS: number = 60 * 60 * 1000;
export const DAY_MS: number = 24 * HOUR_MS;

export interface SendWindow {
  readonly name: 'minute' | 'hour' | 'day';
  readonly lengthMs: number;
  readonly quota: keyof SendCounts;
}

/** In which the sends of an account and of an agent are counted. */
export const SEND_WINDOWS: readonly SendWindow[] = [
  { name: 'minute', lengthMs: 60_000, quota: 'perMinute' },
  { name: 'hour', lengthMs: HOUR_MS, quota: 'perHour' },
  { name: 'day', lengthMs: DAY_MS, quota: 'perDay' },
];
export const WINDOW_PARTS = 12;

/** How long a reference is remembered, and failures, after the last one: in a row, and those of a session with a name. */
export const REFERENCE_MS: number = DAY_MS;
export const FAILURES_REMEMBERED_MS: number = 30 * DAY_MS;
export const SESSION_REMEMBERED_MS: number = DAY_MS;
/** A send that has not ended by then never will: its node is gone, and its reference may be used again. */
export const ABANDONED_AFTER_MS = 60_000;
/** How many refused sends of the last hour are remembered: as many pauses can be told apart. */
export const REFUSED_SENDS_REMEMBERED = 10;
/** How many sends to one mobile may be under way together; an older one is then taken for superseded. */
export const SENDS_UNDER_WAY = 8;
/** Conversions are counted by when the code was sent, in slots as long as a code lives; the guard looks back on six. */
export const CONVERSION_SLOT_MS: number = 5 * 60 * 1000;
export const CONVERSION_SLOTS = 6;
