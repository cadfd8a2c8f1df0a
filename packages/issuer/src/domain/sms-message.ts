/** One SMS, ready to be sent. */
export interface SmsMessage {
  /** The mobile, E.164: `+919002336768`. */
  readonly to: string;
  /** The whole text, with line feeds as they are registered. It holds the code: keep it out of logs. */
  readonly text: string;
  /** Id of the account that sends it. */
  readonly account: string;
  /** What the code is for. */
  readonly purpose: SmsPurpose;
  /** The registered text that `text` was made from, with its variables in the place of the values. */
  readonly template: string;
  /** What operators compare the text with. Absent if the account has no registration. */
  readonly dlt?: DltFields;
  /** Names the code in events. New for each SMS. */
  readonly challengeId: string;
  /** When the code ends, in milliseconds since the epoch: later it is not worth delivering. */
  readonly expiresAt: number;
}

export type SmsPurpose = 'mobile-verification' | 'transaction-approval';

/** A message's registration on DLT (TCCCPR 2018), as providers pass it on to the operators. */
export interface DltFields {
  /** Of the principal entity (PE id). */
  readonly entityId: string;
  /** Sender id, as registered: case matters. */
  readonly header: string;
  readonly headerId?: string;
  readonly templateId: string;
  readonly category: DltCategory;
}

/** An OTP of a bank is transactional, of anybody else service implicit. */
export type DltCategory = 'transactional' | 'service-implicit';
