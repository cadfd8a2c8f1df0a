import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a code is accepted. NIST SP 800-63B-4 section 3.1.3 allows ten minutes at most; the wire promises five. */
export const CODE_LIFETIME_MS: number = 5 * 60 * 1000;
export const ATTEMPTS_ALLOWED = 5;

/** A code that was sent and can still be verified. This is all that a store ever sees of it. */
export interface Challenge {
  /** Names tenant, purpose and mobile; one challenge is live for each. Opaque to the store. */
  key: string;
  /** New for each send: an answer to the code before cannot consume this one. */
  id: string;
  /** HMAC-SHA256 of the code, base64url. */
  codeMac: string;
  /** The caller's reference of the send; it goes into the token. */
  clientRefId: string;
  attemptsAllowed: number;
  /** Milliseconds since the epoch; the code is refused from this instant on. */
  expiresAt: number;
}

/** Whose code it is, and what for. */
export interface ChallengeSubject {
  tenant: string;
  /** E.164. */
  mobile: string;
}

const PURPOSE = 'mobile-verification';

/** Compared with where no challenge is live, so that such an answer costs what a wrong code costs. */
const DECOY = { id: randomBytes(16).toString('base64url'), codeMac: randomBytes(32).toString('base64url') } as const;

export function challengeKey({ tenant, mobile }: ChallengeSubject): string {
  return JSON.stringify([tenant, PURPOSE, mobile]);
}

/**
 * How a code is stored. Six digits under a plain hash fall in seconds, hence the pepper, which is not in the store; and
 * the MAC covers the challenge, so that a stored value copied to another mobile or another send is worth nothing.
 */
export function codeMacFor(pepper: Uint8Array, subject: ChallengeSubject, challengeId: string, code: string): string {
  const mac = createHmac('sha256', pepper);
  for (const part of [subject.tenant, PURPOSE, subject.mobile, challengeId, code]) {
    // The length first: without it, "ab" + "c" and "a" + "bc" would have one MAC.
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(part));
    mac.update(length).update(part);
  }
  return mac.digest('base64url');
}

/** Whether the code is the challenge's, in constant time and with the same work where there is no challenge. */
export function codeMatches(
  pepper: Uint8Array,
  subject: ChallengeSubject,
  challenge: Challenge | undefined,
  code: string,
): boolean {
  const { id, codeMac } = challenge ?? DECOY;
  const expected = Buffer.from(codeMac, 'base64url');
  const actual = Buffer.from(codeMacFor(pepper, subject, id, code), 'base64url');
  return expected.length === actual.length && timingSafeEqual(expected, actual) && challenge !== undefined;
}
