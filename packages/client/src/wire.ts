/** Where each call lives, below the base URL of the environment. */
export const WIRE_PATHS = {
  /** `POST` */
  sendOtp: '/tools/kyc/mobile/otp',
  /** `PUT` */
  verifyOtp: '/tools/kyc/mobile/otp/verify',
  /** `GET` */
  validateToken: '/tools/kyc/mobile/otp/validate-token',
  /** `GET`, with the `tid` behind a slash. Not published: our issuer's alone. */
  messages: '/tools/kyc/mobile/otp/messages',
} as const;

/** `response_type_id`: which shape an answer has. */
export const ResponseType = {
  otpSent: 1623,
  otpVerification: 1632,
  tokenValid: 1633,
  tokenRefused: 1634,
  /** The request reached none of the calls: 403, 404, 405, 413, 415 and 500. Not published: our issuer's choice. */
  none: -1,
} as const;

/** `status` and `response_status_id`: 0 is success. The published OTP answers refuse with 1; the others are Eko's shared table. */
export const ResponseStatus = {
  success: 0,
  failure: 1,
  wrongOtp: 302,
  otpExpired: 303,
  insufficientBalance: 347,
  /** Our issuer's choice for the `initiator_id` of another account. */
  userNotFound: 463,
} as const;

/** The envelope around every answer, success or refusal. */
export interface Envelope<Data> {
  readonly status: number;
  readonly response_status_id: number;
  readonly response_type_id: number;
  readonly message: string;
  readonly data?: Data;
}

/** Body of Send OTP. */
export interface SendOtpRequest {
  /** Registered mobile of the API user, ten digits. */
  readonly initiator_id: string;
  /** The agent on whose behalf the OTP is sent, ten digits. */
  readonly csp_id: string;
  /** The customer's mobile, ten digits. */
  readonly mobile: string;
  /** The caller's own reference; comes back in every answer about this OTP. */
  readonly client_ref_id?: string;
  /** Not published: our issuer verifies the OTP only for the same one. */
  readonly session_id?: string;
  /** What the customer approves with the OTP, as JSON. Not published: our issuer binds the token to it. */
  readonly transaction?: Readonly<Record<string, unknown>>;
  /** Of the SMS, BCP 47. Not published: our issuer has a text for each language that the account registered. */
  readonly language?: string;
}

export interface SendOtpData {
  readonly client_ref_id: string;
  readonly initiator_id: string;
  /** When the OTP stops being accepted, as Java prints a date in IST: `Fri May 22 16:04:04 IST 2026`. */
  readonly otp_expiry_timestamp: string;
  /** Id of this send. */
  readonly tid: string;
}

export type SendOtpAnswer = Envelope<SendOtpData>;

/** Body of Verify OTP. It names no send: the newest one to this mobile counts. */
export interface VerifyOtpRequest {
  readonly initiator_id: string;
  /** The code from the SMS. A string: `042317` has a leading zero. */
  readonly otp: string;
  readonly mobile: string;
  /** As in Send OTP. Not published. */
  readonly session_id?: string;
}

/** What Verify OTP answers on success, and Validate Token repeats. */
export interface VerifiedMobileData {
  readonly client_ref_id: string;
  readonly otp_verification_token: string;
  readonly initiator_id: string;
  readonly mobile: string;
  readonly tid: string;
}

export type VerifyOtpAnswer = Envelope<VerifiedMobileData | Record<string, never>>;

/** A refusal carries no `data`; only its message tells a token that timed out from one that is invalid. */
export type ValidateTokenAnswer = Envelope<VerifiedMobileData>;
