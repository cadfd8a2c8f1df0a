import type { Challenge } from './challenge.ts';
import type { LedgerHead } from './checkpoint.ts';
import type { IssuerEvent, RecordedEvent } from './events.ts';
import type { Transaction } from './otp-code.ts';
import type { CommitResult, OtpStore, SendReservation } from './otp-store.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import type { SmsMessage } from './sms-message.ts';

/** A code that is to be sent. */
export interface CodeMessage {
  /** E.164. */
  readonly mobile: string;
  readonly code: string;
  readonly account: string;
  readonly challenge: Pick<Challenge, 'id' | 'expiresAt'>;
  /** What the code approves, as the SMS says. */
  readonly transaction: Transaction | undefined;
  /** BCP 47; `undefined` for the account's own. */
  readonly language: string | undefined;
}

/** A field of Send that the SMS says. */
export type TransactionField = `transaction.${keyof Transaction}`;

export type Composition =
  | { readonly outcome: 'composed'; readonly message: SmsMessage }
  /** With those that there are. */
  | { readonly outcome: 'unknown-language'; readonly languages: readonly string[] }
  /** The operators would drop it. */
  | {
      readonly outcome: 'template-mismatch';
      /** What they would call it, such as `633`. */
      readonly operatorCode: string;
      /** Says where, and holds no value. */
      readonly error: Error;
      /** If it is the caller's own value that does not fit: which, and what it must be. */
      readonly callersField: { readonly field: TransactionField; readonly takes: string } | undefined;
    };

/** Words a code as its SMS. */
export type ComposeSms = (message: CodeMessage) => Composition;

/** What events say of a send, over its whole way: who asked for it, and for whom, masked. */
export type AboutSend = Omit<IssuerEvent, 'at' | 'kind' | 'outcome'>;

/** A send that was reserved, with its SMS. */
export interface SmsOrder {
  readonly message: SmsMessage;
  readonly reservation: SendReservation;
  readonly about: AboutSend;
}

/** What has become of an SMS when Send is answered. */
export type Delivered =
  | {
      readonly outcome: 'accepted' | 'unknown';
      /** The route that it was handed over to. */
      readonly route: string;
      /** The provider's id of the message. */
      readonly messageId?: string;
    }
  /**
   * It waits for a route, or is being handed over to one. It counts as sent, and is committed; should it expire or be refused
   * after all, that is undone.
   */
  | { readonly outcome: 'queued' | 'under-way'; readonly committing: Promise<CommitResult> }
  /** By every route. It was not sent, and will not be. */
  | {
      readonly outcome: 'refused';
      readonly reason: 'sms-refused' | 'queue-full' | 'expired';
      readonly route?: string;
      readonly operatorCode?: string;
    };

/** Rejects if the SMS could not be kept; then it is not handed over. */
export type SendCode = (
  message: SmsMessage,
  send: { readonly reservation: SendReservation; readonly about: Partial<RecordedEvent> },
) => Promise<Delivered>;

/** What a token says. */
export interface TokenClaims {
  /** Id of the account that it was issued to. */
  readonly account: string;
  /** E.164. */
  readonly mobile: string;
  readonly audience: string;
  readonly clientRefId: string;
  readonly initiatorId: string;
  /** SHA-256 of the transaction that it approves, base64url; empty if there is none. */
  readonly transactionHash: string;
}

export type TokenReading =
  | {
      readonly outcome: 'valid' | 'timed-out';
      readonly claims: TokenClaims;
      readonly tokenId: string;
      readonly keyId: string;
    }
  /** Not one of ours for this audience, or not in the form that we write. */
  | { readonly outcome: 'invalid' };

/** Signs tokens, and reads back the ones that it signed. */
export interface Tokens {
  sign(claims: TokenClaims, now: number): { token: string; tokenId: string };
  read(token: string, audience: string, now: number): Promise<TokenReading>;
  /** Of a token that was signed here. */
  idOf(token: string): string;
}

/** One request to consume a token, for the one operation that the caller names. */
export interface TokenConsumption {
  readonly token: string;
  readonly audience: string;
  /** Of the key that signed it. */
  readonly keyId: string;
  /** What the token is consumed for; compared with what the customer approved. */
  readonly transaction: unknown;
  /** The same key for the same transaction is the same operation; `undefined` for an operation of its own. */
  readonly idempotencyKey: string | undefined;
}

export type TokenConsumptionResult =
  | { readonly outcome: 'consumed'; readonly proofId: string; readonly retry: boolean }
  | { readonly outcome: 'used' | 'timed-out' | 'invalid' | 'other-transaction' | 'unavailable' };

/** Consumes tokens, once each, as the guard does. */
export interface TokenRegister {
  consume(consumption: TokenConsumption): Promise<TokenConsumptionResult>;
}

/** Where events are kept for good. `append` resolves when the event is written, in the order of the calls. */
export interface Ledger {
  append(event: IssuerEvent): Promise<void>;
  /** Rejects if events cannot be written: the issuer then says that it is not ready. */
  ready(): Promise<void>;
  /** Its last written entry: without this no checkpoint can be made. */
  head?(): LedgerHead;
  /** Writes what is under way. */
  close(): Promise<void>;
}

/** Something failed behind an answer that says only that it failed. */
export interface IssuerFault {
  /**
   * `send-sms`: a route refused an SMS. `delivery`: the outbox failed, or a receipt could not be kept. `ready`: a part that
   * `/ready` asked cannot do its work.
   */
  readonly during: 'send-sms' | 'delivery' | 'request' | 'ledger' | 'event' | 'ready';
  /** As it was thrown. An SMS provider's error may repeat the text, and the text holds the code. */
  readonly error: unknown;
}

/** How long something takes. Unlike the clock that dates things, it never steps. */
export interface Timer {
  /** Milliseconds since any fixed instant. */
  now: () => number;
  pause: (milliseconds: number) => Promise<unknown>;
}

/** All that the use cases need from outside. */
export interface Ports {
  readonly store: OtpStore;
  readonly composeSms: ComposeSms;
  readonly sendCode: SendCode;
  readonly tokens: Tokens;
  readonly register: TokenRegister;
  /** Key the MACs under which codes are stored: the first for new ones, all for those under way. */
  readonly peppers: readonly Uint8Array[];
  /** How long a refused verification takes at least, for every reason alike. */
  readonly refusalTakesMs: number;
  readonly timer: Timer;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** `tid` of the answer. */
  readonly tid: string;
  readonly pseudonyms: Pseudonyms;
  /** Told of everything that happened, masked. Never throws. */
  readonly record: (event: RecordedEvent) => void;
  /**
   * The same for what is about to happen: resolves when it is in the ledger. If that fails or takes too long, it rejects
   * only if no answer may precede its line.
   */
  readonly recordIntent: (event: RecordedEvent) => Promise<void>;
  readonly reportFault: (fault: IssuerFault) => void;
}
