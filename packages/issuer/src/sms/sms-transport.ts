/** One SMS, ready to be sent. */
export interface SmsMessage {
  /** The mobile, E.164: `+919002336768`. */
  readonly to: string;
  /** The whole text. It holds the code: keep it out of logs. */
  readonly text: string;
  /** Id of the account that sends it. */
  readonly account: string;
  /** What the code is for. */
  readonly purpose: SmsPurpose;
  /** The registered text that `text` was made from, with `{#var#}` in the place of each value. */
  readonly template: string;
  /** Names the code in events. New for each SMS. */
  readonly challengeId: string;
  /** When the code ends, in milliseconds since the epoch: later it is not worth delivering. */
  readonly expiresAt: number;
}

export type SmsPurpose = 'mobile-verification' | 'transaction-approval';

export interface SmsResult {
  /** `unknown`: the provider may have accepted it (a time-out), so that the customer may well receive it. It counts as sent. */
  readonly outcome: 'accepted' | 'unknown';
  /** The provider's id of the message, for its receipts: 1 to 128 printable ASCII characters without blanks, else it is dropped. */
  readonly messageId?: string;
}

/**
 * Hands one SMS to the provider that delivers it. Rejects if the provider refused it: the customer's previous code then
 * stays valid. `signal` aborts after `smsTimeoutMs`; whatever the transport does later, the outcome is unknown.
 */
export type SmsTransport = (message: SmsMessage, handOver: { readonly signal: AbortSignal }) => Promise<SmsResult>;
