import type { KeyObject } from 'node:crypto';
import type { ReplayStore } from '@verified-mobile/core';
import type { AnsweredRequest, IssuerEvent } from '../domain/events.ts';
import type { ConversionGuard, Limits } from '../domain/limits.ts';
import type { CodeDigits } from '../domain/otp-code.ts';
import type { OtpStore } from '../domain/otp-store.ts';
import type { IssuerFault, Ledger } from '../domain/ports.ts';
import type { SmsTransport } from '../sms/sms-transport.ts';
import type { SigningKey } from '../tokens/signing-keys.ts';

export type Environment = 'production' | 'sandbox';

/** A caller of this issuer. */
export interface IssuerAccount {
  /** Names the account in storage. Challenges, limits and failures of two accounts never meet, even for the same mobile. */
  readonly id: string;
  /** What the caller sends in `developer_key`. */
  readonly developerKey: string;
  /** One or two live access keys of at least 16 characters; two while a key is being replaced. */
  readonly accessKeys: readonly string[];
  /** The account's registered mobile, ten digits: the only `initiator_id` it may send. */
  readonly initiatorId: string;
  /** `aud` of the account's tokens, and the `audience` of the guards that accept them. */
  readonly audience: string;
  /** Last line of the SMS, after "- ". It must be the one in the registered template. An account of the sandbox may leave it out, for `Eko India`. */
  readonly senderSignature?: string;
  /** Which environment its keys belong to: an issuer of the other one answers 403. Default `production`. */
  readonly environment?: Environment;
  /** Addresses and networks (`203.0.113.7`, `2001:db8::/32`) it may call from; all others answer 403. Default: from anywhere. */
  readonly allowedAddresses?: readonly string[];
  /** 4 makes guessing a hundred times easier, and halves every limit of the account. Default 6. */
  readonly codeDigits?: CodeDigits;
  /** Limits of this account alone; the others are those of all accounts. */
  readonly limits?: Partial<Limits>;
}

export interface IssuerOptions {
  /** `iss` of every token. By convention the URL at which `/.well-known/jwks.json` is found. */
  readonly issuer: string;
  readonly accounts: readonly IssuerAccount[];
  /**
   * Private keys: EC P-256 (ES256, preferred), Ed25519 (EdDSA) or RSA (RS256). The first one signs, unless `signsFrom`
   * says otherwise; all are published and accepted. To rotate, add the new key with a `signsFrom` a few minutes ahead,
   * so that guards have fetched it, and let the old one retire more than five minutes after that.
   */
  readonly signingKeys: readonly (KeyObject | SigningKey)[];
  /**
   * One or two secrets of at least 32 random bytes that key the MACs under which codes are stored: the first for new
   * codes, both for those under way. Keep them apart from the store: with both, a six-digit code is found at once. To
   * rotate, put the new one in front and drop the old one five minutes later.
   */
  readonly peppers: readonly Uint8Array[];
  /** Hands an SMS to the provider that delivers it. */
  readonly sendSms: SmsTransport;
  /**
   * How long a hand-over may take; then it is unknown whether the SMS was accepted, and it counts as sent. Milliseconds,
   * 1 to 30,000, default 5,000.
   */
  readonly smsTimeoutMs?: number;
  /** Where codes under way, limits and failures live. Default `memoryOtpStore()`: one process, forgotten at restart. */
  readonly store?: OtpStore;
  /** Where `consume-token` consumes tokens, shared by all nodes. Without it that URL does not exist. */
  readonly replayStore?: ReplayStore;
  /** Where every event is kept for good. Default: nowhere. */
  readonly ledger?: Ledger;
  /**
   * Told of a checkpoint, a compact JWS under the signing key, at the start, every hour, and when the issuer is closed:
   * it says which entry of the ledger was the last one. Keep it where the ledger's administrator cannot change it, such
   * as the log: `verifyLedger` then proves that this very entry is still there. Needs a ledger.
   */
  readonly onCheckpoint?: (checkpoint: string) => void;
  /** What the calls' paths begin with. Default `/ekoapi/v3`. */
  readonly basePath?: string;
  /** How far `secret-key-timestamp` may be from this clock, either way. 1 to 3600, default 300. */
  readonly timestampWindowSeconds?: number;
  /** Keys of accounts of the other environment are refused. Default `production`. */
  readonly environment?: Environment;
  /**
   * How many proxies of yours stand in front of this service. The caller's address is then the one that many places
   * from the right in `X-Forwarded-For`; what a caller writes further left changes nothing. Default 0: the address
   * of the connection.
   */
  readonly trustedProxies?: number;
  /** Limits of every account. Defaults: {@link Limits}. */
  readonly limits?: Partial<Limits>;
  /** Sends to one mobile within any 24 hours, over all accounts together. Default 20. */
  readonly sendsPerMobileAndDay?: number;
  /**
   * How long a refused Verify takes at least, so that its duration does not tell a wrong code from an unknown mobile.
   * Longer than the store usually takes. Milliseconds, 0 to 1,000, default 10.
   */
  readonly refusalTakesMs?: number;
  /** When a prefix is slowed because it sends much and verifies little. */
  readonly conversionGuard?: Partial<ConversionGuard>;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number;
  /** Told of everything that happened, masked: for logs and metrics. */
  readonly onEvent?: (event: IssuerEvent) => void;
  /** Told of every request when it is answered. */
  readonly onRequest?: (request: AnsweredRequest) => void;
  /**
   * Told of each failure that a caller sees only as "not sent" or "internal error". By default one line on standard
   * error with the error's name and code, without its message, which could hold an OTP.
   */
  readonly onFault?: (fault: IssuerFault) => void;
}

/** What may change while an issuer runs. */
export type Reloadable = Pick<IssuerOptions, 'accounts' | 'signingKeys' | 'peppers'>;
