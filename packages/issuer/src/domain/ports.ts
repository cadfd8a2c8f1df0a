import type { IssuerEvent, RecordedEvent } from './events.ts';
import type { Transaction } from './otp-code.ts';
import type { OtpStore } from './otp-store.ts';

/** A code on its way to the customer. */
export interface CodeMessage {
  /** E.164. */
  mobile: string;
  code: string;
  /** Who sends it, as the SMS says. */
  senderSignature: string;
  /** What the code approves, as the SMS says. */
  transaction: Transaction | undefined;
}

/** Resolves if the SMS was accepted for delivery, or if that is unknown; rejects if it was not. */
export type SendCode = (message: CodeMessage) => Promise<void>;

/** What a token says. */
export interface TokenClaims {
  /** E.164. */
  mobile: string;
  audience: string;
  clientRefId: string;
  initiatorId: string;
  /** SHA-256 of the transaction that it approves, base64url; empty where there is none. */
  transactionHash: string;
}

export type TokenReading =
  | { outcome: 'valid' | 'timed-out'; claims: TokenClaims; tokenId: string; keyId: string }
  /** Not one of ours for this audience, or not in the form that we write. */
  | { outcome: 'invalid' };

/** Signs tokens, and reads back the ones that it signed. */
export interface Tokens {
  sign(claims: TokenClaims, now: number): { token: string; tokenId: string };
  read(token: string, audience: string, now: number): Promise<TokenReading>;
}

/** One request to use a token up, for the one operation that the caller names. */
export interface TokenSpending {
  token: string;
  audience: string;
  /** Of the key that signed it. */
  keyId: string;
  /** What the token is spent on; compared with what the customer approved. */
  transaction: unknown;
  /** The same key for the same transaction is the same operation; `undefined` for an operation of its own. */
  idempotencyKey: string | undefined;
}

export type SpendingResult =
  | { outcome: 'spent'; proofId: string; retry: boolean }
  | { outcome: 'used' | 'timed-out' | 'invalid' | 'other-transaction' | 'unavailable' };

/** Uses tokens up, once each, as the guard does. */
export interface TokenRegister {
  spend(spending: TokenSpending): Promise<SpendingResult>;
}

/** Where events are kept for good. `append` resolves when the event is written, in the order of the calls. */
export interface Ledger {
  append(event: IssuerEvent): Promise<void>;
  /** Rejects where events cannot be written: the issuer then says that it is not ready. */
  ready(): Promise<void>;
  /** Writes what is under way. */
  close(): Promise<void>;
}

/** Something failed behind an answer that says only that it failed. */
export interface IssuerFault {
  during: 'send-sms' | 'request' | 'ledger' | 'event';
  /** As it was thrown. An SMS provider's error may repeat the text, and the text holds the code. */
  error: unknown;
}

/** All that the use cases need from outside. */
export interface Ports {
  store: OtpStore;
  sendCode: SendCode;
  tokens: Tokens;
  register: TokenRegister;
  /** Key the MACs under which codes are stored: the first for new ones, all for those under way. */
  peppers: readonly Uint8Array[];
  /** How long a refused verification takes at least, whatever its reason. */
  refusalTakesMs: number;
  /** Milliseconds since the epoch. */
  clock: () => number;
  /** Told of everything that happened, masked. Never throws. */
  record: (event: RecordedEvent) => void;
  reportFault: (fault: IssuerFault) => void;
}
