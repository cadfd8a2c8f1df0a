/** What went wrong, for code that must tell one fault from another. The list is closed. */
export type OtpApiErrorCode =
  /** An option is missing, contradictory or impossible, or this is a browser. Nothing was sent. */
  | 'invalid_configuration'
  /** An argument of the call is not as it must be. Nothing was sent. */
  | 'invalid_request'
  /** HTTP 403: the API takes neither these keys nor this signature. The message says which cause shows. */
  | 'forbidden'
  /** `response_status_id` 463: `initiatorId` is not registered for these keys. */
  | 'user_not_found'
  /** `response_status_id` 347: the account cannot pay for an SMS. */
  | 'insufficient_balance'
  /** The API will not send another OTP yet: `retryAfterSeconds`, if it says for how long. */
  | 'otp_wait'
  /** No OTP was sent: the SMS was refused, or the API objects to the request. Waiting alone does not help. */
  | 'otp_not_sent'
  /** `response_status_id` 302. */
  | 'otp_wrong'
  /** `response_status_id` 303. */
  | 'otp_expired'
  /** The API does not say whether the OTP was wrong, expired or used. The published answer. */
  | 'otp_rejected'
  /** The token was good and its five minutes are over. */
  | 'token_timed_out'
  /** The token is refused, or the answer is about another one. */
  | 'token_invalid'
  /** A refusal that none of the others names. */
  | 'refused'
  /** What answered is not this API: a redirect, a wrong URL, HTML, half an answer, a member missing or of the wrong type. */
  | 'unexpected_answer'
  /** No connection, a connection that broke, HTTP 429 or 5xx. */
  | 'unavailable'
  /** No whole answer within `timeoutMs`. */
  | 'timed_out';

/** What an answer said about itself, for logs and support tickets. */
export interface AnswerDetails {
  readonly httpStatus?: number;
  readonly responseStatusId?: number;
  readonly responseTypeId?: number;
  /** From the header `Retry-After`, if it is in seconds. */
  readonly retryAfterSeconds?: number;
}

/**
 * The one error class of this package. Messages say what failed and what to do about it. No error holds a key, a token,
 * an OTP or a whole mobile, and none has a `cause`: those of the network hold what the server sent.
 */
export class OtpApiError extends Error {
  override readonly name = 'OtpApiError';
  readonly code: OtpApiErrorCode;
  readonly httpStatus: number | undefined;
  readonly responseStatusId: number | undefined;
  readonly responseTypeId: number | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: OtpApiErrorCode, message: string, details: AnswerDetails = {}) {
    super(message);
    this.code = code;
    this.httpStatus = details.httpStatus;
    this.responseStatusId = details.responseStatusId;
    this.responseTypeId = details.responseTypeId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** Refuses a setting: what is wrong, then what to do about it. */
export function misconfigured(message: string): OtpApiError {
  return new OtpApiError('invalid_configuration', message);
}
