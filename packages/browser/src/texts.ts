/** What may go wrong with an OTP: each has a text of its own. */
export type OtpErrorCode =
  /** Fewer than six digits. Nothing was sent. */
  | 'otp_incomplete'
  | 'otp_wrong'
  | 'otp_expired'
  /** HTTP 429: too many attempts, or a new OTP asked for too soon. With `retryAfterSeconds`. */
  | 'otp_wait'
  | 'otp_not_delivered'
  /** HTTP 503. With `retryAfterSeconds`. */
  | 'otp_unavailable'
  /** HTTP 401: nobody is signed in. */
  | 'signed_out'
  /** No connection, or no answer within `timeoutMs`. */
  | 'no_answer'
  /** Any other answer. */
  | 'failed';

/** Every text that a customer reads. `{time}` and `{mobile}` are replaced. */
export interface OtpTexts extends Record<OtpErrorCode, string> {
  /** BCP 47, for screen readers and for the form of amounts. */
  readonly language: string;
  readonly title: string;
  readonly otp: string;
  readonly approve: string;
  readonly cancel: string;
  readonly resend: string;
  readonly resendIn: string;
  readonly timeLeft: string;
  readonly sentTo: string;
  readonly filledIn: string;
  readonly busy: string;
  readonly amount: string;
  readonly payee: string;
}

/** The default. */
export const english: OtpTexts = {
  language: 'en-IN',
  title: 'Confirm with an OTP',
  otp: 'OTP',
  approve: 'Approve',
  cancel: 'Cancel',
  resend: 'Send a new OTP',
  resendIn: 'Send a new OTP in {time}',
  timeLeft: 'Valid for {time}',
  sentTo: 'Sent by SMS to {mobile}',
  filledIn: 'Filled in from the SMS',
  busy: 'One moment…',
  amount: 'Amount',
  payee: 'To',
  otp_incomplete: 'Enter the 6 digits from the SMS.',
  otp_wrong: 'This OTP is wrong. Check the newest SMS and try again.',
  otp_expired: 'This OTP has expired. Send a new OTP.',
  otp_wait: 'Too many attempts. Wait, then send a new OTP.',
  otp_not_delivered: 'The SMS was not delivered. Send a new OTP.',
  otp_unavailable: 'No OTP can be sent now. Wait, then try again.',
  signed_out: 'You are signed out. Sign in and try again.',
  no_answer: 'No answer. Check your connection and try again.',
  failed: 'That did not work. Try again.',
};
