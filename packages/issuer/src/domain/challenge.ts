import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a code is accepted. NIST SP 800-63B-4 section 3.1.3 allows ten minutes at most; the wire promises five. */
export const CODE_LIFETIME_MS: number = 5 * 60 * 1000;
/** How long the same right code gets the same token again: phones submit an autofilled code twice. */
export const SAME_ANSWER_MS = 10_000;

/** A code that is being sent, or was, and can still be verified. This is all that a store ever sees of it. */
export interface Challenge {
  /** New for each send: an answer to the code before cannot consume this one. */
  readonly id: string;
  /** HMAC-SHA256 of the code, base64url. */
  readonly codeMac: string;
  /** The caller's reference of the send; it goes into the token. */
  readonly clientRefId: string;
  /** SHA-256 of the transaction that the customer read in the SMS, base64url; empty if there is none. */
  readonly transactionHash: string;
  readonly attemptsAllowed: number;
  /** Milliseconds since the epoch; the code is refused from this instant on. */
  readonly expiresAt: number;
}

/** Whose code it is. */
export interface ChallengeSubject {
  readonly account: string;
  /** E.164. */
  readonly mobile: string;
}

type Compared = Pick<Challenge, 'id' | 'codeMac' | 'transactionHash'>;

const PURPOSE = 'mobile-verification';

/** What a code is compared with if there is no challenge, so that this takes as long as for a wrong code. */
const DECOY: Compared = {
  id: randomBytes(16).toString('base64url'),
  codeMac: randomBytes(32).toString('base64url'),
  transactionHash: '',
};

/** Names account, purpose and mobile in a store, in 22 characters. At most one challenge is live for each. */
export function subjectKey({ account, mobile }: ChallengeSubject): string {
  return digest('subject', account, PURPOSE, mobile);
}

/** Names the session of an app in which a code was asked for; empty without one. */
export function sessionKey(subject: string, sessionId: string | undefined): string {
  return sessionId === undefined ? '' : digest('session', subject, sessionId);
}

/** 128 bits in 22 characters. The parts are kept apart: "ab" + "c" and "a" + "bc" have two digests. */
export function digest(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'buffer').toString('base64url', 0, 16);
}

/** 96 bits in 16 characters, to tell a caller's own requests apart. A store keeps one for each send. */
export function shortDigest(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'buffer').toString('base64url', 0, 12);
}

/**
 * How a code is stored. Six digits under a plain hash fall in seconds, hence the pepper, which is not in the store; and
 * the MAC covers the challenge, so that a stored value copied to another mobile, send or transaction is worth nothing.
 */
export function codeMacFor(
  pepper: Uint8Array,
  subject: ChallengeSubject,
  challenge: Pick<Challenge, 'id' | 'transactionHash'>,
  code: string,
): string {
  const parts = [subject.account, PURPOSE, subject.mobile, challenge.id, challenge.transactionHash, code];
  return createHmac('sha256', pepper).update(JSON.stringify(parts)).digest('base64url');
}

export interface Match {
  readonly challenge: Challenge;
  /** Under which the code was stored. */
  readonly pepper: Uint8Array;
}

/**
 * The first challenge whose code it is, if there is one: compared in constant time with every one of them, and with the
 * same work for a wrong code and for none to compare with.
 */
export function matchingChallenge(
  peppers: readonly Uint8Array[],
  subject: ChallengeSubject,
  challenges: readonly Challenge[],
  code: string,
): Match | undefined {
  if (challenges.length === 0) pepperOf(peppers, subject, DECOY, code);
  const matches = challenges.flatMap((challenge) => {
    const pepper = pepperOf(peppers, subject, challenge, code);
    return pepper === undefined ? [] : [{ challenge, pepper }];
  });
  return matches[0];
}

function pepperOf(
  peppers: readonly Uint8Array[],
  subject: ChallengeSubject,
  compared: Compared,
  code: string,
): Uint8Array | undefined {
  const expected = Buffer.from(compared.codeMac, 'base64url');
  return peppers.find((pepper) => {
    const actual = Buffer.from(codeMacFor(pepper, subject, compared, code), 'base64url');
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  });
}
