/** One SMS, ready to be sent. */
export interface SmsMessage {
  /** The mobile, E.164: `+919002336768`. */
  readonly to: string;
  /** The whole text. It holds the code: keep it out of logs. */
  readonly text: string;
}

/**
 * Hands one SMS to the provider that delivers it. Resolves when the message was accepted for delivery, rejects when it
 * was not. A rejected send leaves the customer's previous code valid and counts in no limit. If it is unknown whether the
 * message was accepted (a timeout), resolve: the customer may well receive it.
 */
export type SmsTransport = (message: SmsMessage) => Promise<void>;
