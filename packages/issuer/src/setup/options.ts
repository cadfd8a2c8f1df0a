import type { KeyObject } from 'node:crypto';
import type { ReplayStore } from '@verified-mobile/core';
import type { AnsweredRequest, DeliveryObservation, IssuerEvent, Measurement } from '../domain/events.ts';
import type { ConversionGuard, Limits } from '../domain/limits.ts';
import type { CodeDigits } from '../domain/otp-code.ts';
import type { OtpStore } from '../domain/otp-store.ts';
import type { Outbox } from '../domain/outbox.ts';
import type { IssuerFault, Ledger } from '../domain/ports.ts';
import type { QuotaSettings } from '../domain/quotas.ts';
import type { SmsRoute, SmsTransport } from '../domain/sms-route.ts';
import type { DltRegistry } from '../dlt/registry.ts';
import type { Pepper } from './peppers.ts';
import type { SigningKey } from '../tokens/signing-keys.ts';

export type Environment = 'production' | 'sandbox';

/** When a request is answered: once its lines are in the ledger, or while they are written. */
export type LedgerWrites = 'before-answer' | 'behind-answer';

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
  /**
   * Last line of the SMS, after "- ". An account of the sandbox may leave it out, for `Eko India`. With an entry in the
   * `dltRegistry` the texts come from there alone, and it may be left out as well.
   */
  readonly senderSignature?: string;
  /** Which environment its keys belong to: an issuer of the other one answers 403. Default `production`. */
  readonly environment?: Environment;
  /** Addresses and networks (`203.0.113.7`, `2001:db8::/32`) it may call from; all others answer 403. Default: from anywhere. */
  readonly allowedAddresses?: readonly string[];
  /**
   * `true` takes only requests that are signed as a whole, method, path, query and body included, and each signature for
   * one request: see `secret-key-signature` in the README. Needs a `replayStore`, and a `timestampWindowSeconds` of 300 at
   * most. Default `false`: the published headers, which sign the time only, so that whoever records one request can sign
   * others for as long as its timestamp is accepted.
   */
  readonly requireMessageSignature?: boolean;
  /** 4 makes guessing a hundred times easier, and halves every limit of the account. Default 6. */
  readonly codeDigits?: CodeDigits;
  /** Limits of this account alone; the others are those of all accounts. */
  readonly limits?: Partial<Limits>;
  /** How much this account and each of its agents may send, and its budget; the others are those of all accounts. */
  readonly quotas?: QuotaSettings;
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
   * codes, unless `usedFrom` says otherwise, both for those under way. Keep them apart from the store: with both, a
   * six-digit code is found at once. To rotate, add the new one with a `usedFrom` ahead, so that every node knows it
   * before the first code under it, and let the old one retire ten minutes after that.
   */
  readonly peppers: readonly (Uint8Array | Pepper)[];
  /**
   * What the accounts have registered on DLT, from `readDltRegistry(text)` of `@verified-mobile/issuer/dlt`. Texts come from
   * there alone; one that an operator would drop is not sent, and costs nothing. In production every account needs an
   * entry. Default: none, and texts of our own with each account's `senderSignature`, compared with nothing.
   */
  readonly dltRegistry?: DltRegistry;
  /** Hands an SMS to the provider that delivers it. Its route is called `sms` in events and metrics. Else set `routes`. */
  readonly sendSms?: SmsTransport;
  /**
   * Several ways to the mobile, in order of preference, instead of `sendSms`: an SMS that one refuses goes to the next with
   * the same code, and one that fails again and again is spared for a while. At most ten.
   */
  readonly routes?: readonly SmsRoute[];
  /**
   * How long one hand-over may take; then it is unknown whether the SMS was accepted, and it counts as sent. Send waits as
   * long for the end of its SMS, then answers that it was sent. Milliseconds, 1 to 30,000, default 5,000.
   */
  readonly smsTimeoutMs?: number;
  /**
   * Keeps the SMS that wait or are being handed over, and what became of them. Default `memoryOutbox()`: what waits is lost
   * with the process. With `redisOutbox(connection)` another node goes on.
   */
  readonly outbox?: Outbox;
  /** Where codes under way, limits and failures live. Default `memoryOtpStore()`: one process, forgotten at restart. */
  readonly store?: OtpStore;
  /**
   * Where `consume-token` consumes tokens, and where the signatures of accounts with `requireMessageSignature` are used up:
   * one for all nodes. Without it there is no `consume-token`, and no such account.
   */
  readonly replayStore?: ReplayStore;
  /**
   * Where every event of an account is kept for good. A request that is refused before its account is known leaves no
   * entry, or anybody could fill the disk; `onEvent` is told of it. Default: nowhere.
   */
  readonly ledger?: Ledger;
  /**
   * `before-answer`: a request is answered when its lines are in the ledger, and with 500 if they cannot be written
   * within a second; then no SMS is sent, and an answer never precedes its line. `behind-answer`, the default: lines
   * are written while the answer goes out, and a process that is killed loses those of its last moments; only the line
   * that says that an SMS is about to be sent is waited for, a second at most.
   */
  readonly ledgerWrites?: LedgerWrites;
  /**
   * At least 32 random bytes. Events then name mobile and `csp_id` by their HMAC-SHA256 as well, so that those of one
   * person can be found. Whoever has key and ledger can try out all mobiles. Keep it as long as the ledger.
   */
  readonly digestKey?: Uint8Array;
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
  /** How much each account and each of its agents may send. Defaults: those of `Quotas`. */
  readonly quotas?: QuotaSettings;
  /**
   * Sends to one mobile within any 24 hours, over all accounts together. Default 20. If there are several accounts, half of
   * them are kept for accounts that have sent to the mobile less than twice in that time.
   */
  readonly sendsPerMobileAndDay?: number;
  /**
   * How long a refused Verify takes at least, so that its duration does not tell a wrong code from an unknown mobile.
   * Longer than the store usually takes. Milliseconds, 0 to 1,000, default 10.
   */
  readonly refusalTakesMs?: number;
  /** When a prefix is slowed because it sends much and verifies little. */
  readonly conversionGuard?: Partial<ConversionGuard>;
  /** The same for an account as a whole, whose sends may be spread over more prefixes than can be told apart. */
  readonly accountConversionGuard?: Partial<ConversionGuard>;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number;
  /** Told of everything that happened, masked, also of each request that no account signed: for logs and metrics. */
  readonly onEvent?: (event: IssuerEvent) => void;
  /** Told of every request when it is answered. */
  readonly onRequest?: (request: AnsweredRequest) => void;
  /** Told how long each SMS hand-over, each verb of the store and each append to the ledger took. */
  readonly onMeasured?: (measurement: Measurement) => void;
  /** Told how many SMS wait for a route, which routes fail, and of receipts. */
  readonly onDelivery?: (observation: DeliveryObservation) => void;
  /**
   * Told of each failure that a caller sees only as "not sent" or "internal error". By default one line on standard
   * error with the error's name and code, without its message, which could hold an OTP.
   */
  readonly onFault?: (fault: IssuerFault) => void;
}

/** What may change while an issuer runs. */
export type Reloadable = Pick<IssuerOptions, 'accounts' | 'signingKeys' | 'peppers' | 'dltRegistry'>;
