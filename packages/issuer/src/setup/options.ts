import type { KeyObject } from 'node:crypto';
import type { ChallengeStore, IssuerFault, SmsTransport } from '../domain/ports.ts';

/** Someone who may call this issuer. */
export interface IssuerAccount {
  /** Names the account in storage. Challenges of two accounts never meet, even for the same mobile. */
  id: string;
  /** What the caller sends in `developer_key`. */
  developerKey: string;
  /** One or two live access keys of at least 16 characters; two while a key is being replaced. */
  accessKeys: readonly string[];
  /** The account's registered mobile, ten digits: the only `initiator_id` it may send. */
  initiatorId: string;
  /** `aud` of the account's tokens, and the `audience` of the guards that accept them. */
  audience: string;
  /** Last line of the SMS, after "- ". It must be the one in the registered template. Default `Eko India`. */
  senderSignature?: string;
}

export interface IssuerOptions {
  /** `iss` of every token. By convention the URL at which `/.well-known/jwks.json` is found. */
  issuer: string;
  accounts: readonly IssuerAccount[];
  /**
   * Private EC keys on P-256 (RFC 7518, ES256). The first one signs, all are published and accepted: to rotate, append
   * the new key, wait until guards have fetched it, move it to the front, and drop the old one five minutes later.
   */
  signingKeys: readonly KeyObject[];
  /**
   * At least 32 random bytes that key the MAC under which codes are stored. Keep it apart from the store: with both, a
   * six-digit code is found at once. A new pepper makes the codes under way fail.
   */
  pepper: Uint8Array;
  /** Hands an SMS to whoever delivers it. */
  sendSms: SmsTransport;
  /** Where codes under way live. Default `memoryChallengeStore()`: one process, forgotten at restart. */
  challengeStore?: ChallengeStore;
  /** What the three calls' paths begin with. Default `/ekoapi/v3`. */
  basePath?: string;
  /** How far `secret-key-timestamp` may be from this clock, either way. 1 to 3600, default 300. */
  timestampWindowSeconds?: number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /**
   * Told of each failure that a caller sees only as "not sent" or "internal error". By default one line on standard
   * error with the error's name and code, without its message, which could hold an OTP.
   */
  onFault?: (fault: IssuerFault) => void;
}

/** A web-standard handler: mount it wherever a `Request` arrives. */
export interface Issuer {
  fetch: (request: Request) => Promise<Response>;
}
