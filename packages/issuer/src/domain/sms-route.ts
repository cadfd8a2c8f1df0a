import type { SmsMessage } from './sms-message.ts';

/** What a provider said of one SMS. */
export type SmsResult =
  | {
      /** `unknown`: the provider may have accepted it (a time-out), so that the customer may well receive it. It counts as sent. */
      readonly outcome: 'accepted' | 'unknown';
      /** The provider's id of the message, for its receipts: 1 to 128 printable ASCII characters without blanks, else it is dropped. */
      readonly messageId?: string;
    }
  | SmsRefusal;

/** The provider has not accepted the SMS, and will not send it. */
export interface SmsRefusal {
  readonly outcome: 'refused';
  /**
   * `message`: this SMS is wrong for this provider, and would be again. `throttled`: the provider takes no more at the
   * moment. `unavailable`: the provider cannot be reached, or cannot work.
   */
  readonly reason: 'message' | 'throttled' | 'unavailable';
  /** What the operator or the provider called it, such as `633`. */
  readonly operatorCode?: string;
  /** How long to send nothing this way, in milliseconds. */
  readonly retryAfterMs?: number;
}

/**
 * Hands one SMS to the provider that delivers it. One that rejects has refused as `unavailable`, so it rejects only if the
 * provider certainly has not accepted the SMS. `signal` aborts at the deadline; whatever the transport does later, the
 * outcome is unknown.
 */
export type SmsTransport = (message: SmsMessage, handOver: { readonly signal: AbortSignal }) => Promise<SmsResult>;

/** What a provider says later of an SMS that it has accepted. */
export interface SmsReceipt {
  readonly messageId: string;
  /** `accepted`: under way to the mobile; all others are final. */
  readonly status: 'accepted' | 'delivered' | 'undelivered' | 'expired' | 'rejected';
  /** What the operator called it, such as `633`. */
  readonly operatorCode?: string;
}

/** One request of a provider's webhook. */
export type ReceiptReading =
  /** With the answer that the provider expects. */
  | { readonly outcome: 'read'; readonly receipts: readonly SmsReceipt[]; readonly response: Response }
  /** It lacks the secret, or is no receipt. */
  | { readonly outcome: 'refused'; readonly response: Response };

/** A way to the customer's mobile: one account at one provider. */
export interface SmsRoute {
  /** Names it in events, metrics and paths: 1 to 32 lower-case letters, digits and `-`. */
  readonly name: string;
  readonly send: SmsTransport;
  /** How many messages may be handed over at once. Default 50. */
  readonly window?: number;
  /** For receipts that come on the provider's connection: called once, before the first message. */
  readonly onReceipt?: (listener: (receipt: SmsReceipt) => void) => void;
  /** For receipts that come by HTTP: reads one request. */
  readonly readReceipts?: (request: Request) => Promise<ReceiptReading>;
  /** Rejects if nothing can be handed over at the moment. */
  readonly ready?: () => Promise<void>;
  /** Ends what is under way, within a second or so, and hangs up. */
  readonly close?: () => Promise<void>;
}
