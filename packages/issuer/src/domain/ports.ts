import type { RecordedEvent } from './events.ts';
import type { OtpStore } from './otp-store.ts';

/** One SMS, ready to be sent. */
export interface SmsMessage {
  /** The mobile, E.164: `+919002336768`. */
  to: string;
  /** The whole text. It holds the code: keep it out of logs. */
  text: string;
}

/**
 * Hands one SMS to whoever delivers it. Resolves when the message was accepted for delivery, rejects when it was not;
 * a rejected send leaves the customer's previous code valid and counts in no limit. Where it is unknown whether the
 * message was accepted (a timeout), resolve: the customer may well receive it.
 */
export type SmsTransport = (message: SmsMessage) => Promise<void>;

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
export interface TokenMint {
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

/** Something failed behind an answer that says only that it failed. */
export interface IssuerFault {
  during: 'send-sms' | 'request' | 'ledger' | 'event';
  /** As it was thrown. An SMS provider's error may repeat the text, and the text holds the code. */
  error: unknown;
}

/** How long something takes. Unlike the clock that dates things, it never steps. */
export interface Timer {
  /** Milliseconds since any fixed instant. */
  now: () => number;
  pause: (milliseconds: number) => Promise<unknown>;
}

/** All that the use cases need from outside. */
export interface Ports {
  store: OtpStore;
  sendSms: SmsTransport;
  tokens: TokenMint;
  register: TokenRegister;
  /** Key the MACs under which codes are stored: the first for new ones, all for those under way. */
  peppers: readonly Uint8Array[];
  /** How long a refused verification takes at least, whatever its reason. */
  refusalTakesMs: number;
  timer: Timer;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Told of everything that happened, masked. Never throws. */
  record: (event: RecordedEvent) => void;
  reportFault: (fault: IssuerFault) => void;
}
