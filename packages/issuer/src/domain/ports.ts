import type { Challenge } from './challenge.ts';

/** One SMS, ready to be sent. */
export interface SmsMessage {
  /** The mobile, E.164: `+919002336768`. */
  to: string;
  /** The whole text. It holds the code: keep it out of logs. */
  text: string;
}

/**
 * Hands one SMS to whoever delivers it. Resolves when the message was accepted for delivery, rejects when it was not;
 * a rejected send leaves the customer's previous code valid.
 */
export type SmsTransport = (message: SmsMessage) => Promise<void>;

/**
 * Where challenges live. Every verb is atomic, also between processes: read, decide and write in one step, or two
 * parallel guesses count as one. `now` is milliseconds since the epoch; a challenge is live while `now < expiresAt`.
 * An outage throws.
 */
export interface ChallengeStore {
  /** Makes this the only challenge of its key; the one before it, with its attempts, is gone. */
  replace(challenge: Challenge, now: number): Promise<void>;
  /**
   * Counts one attempt and gives the live challenge to compare with. Gives `undefined`, and counts nothing, where no
   * challenge is live or `attemptsAllowed` were counted before.
   */
  countAttempt(key: string, now: number): Promise<Challenge | undefined>;
  /** Removes the live challenge of this key if it is still this one; `true` for exactly one caller. */
  consume(key: string, challengeId: string, now: number): Promise<boolean>;
}

/** What a token says. */
export interface TokenClaims {
  /** E.164. */
  mobile: string;
  audience: string;
  clientRefId: string;
  initiatorId: string;
}

export type TokenReading =
  | { outcome: 'valid' | 'timed-out'; claims: TokenClaims }
  /** Not one of ours for this audience, or not in the form that we write. */
  | { outcome: 'invalid' };

/** Signs tokens, and reads back the ones that it signed. */
export interface TokenMint {
  sign(claims: TokenClaims, now: number): Promise<string>;
  read(token: string, audience: string, now: number): Promise<TokenReading>;
}

/** Something failed behind an answer that says only that it failed. */
export interface IssuerFault {
  during: 'send-sms' | 'request';
  /** As it was thrown. An SMS provider's error may repeat the text, and the text holds the code. */
  error: unknown;
}

/** All that the use cases need from outside. */
export interface Ports {
  challengeStore: ChallengeStore;
  sendSms: SmsTransport;
  tokens: TokenMint;
  /** Keys the MAC under which codes are stored. */
  pepper: Uint8Array;
  /** Milliseconds since the epoch. */
  now: () => number;
  reportFault: (fault: IssuerFault) => void;
}
