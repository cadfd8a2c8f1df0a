export interface SendOtp {
  /** The customer's mobile: ten digits, or E.164. */
  readonly mobile: string;
  /** The agent on whose behalf it is sent: ten digits. */
  readonly cspId: string;
  /** Your own reference, 1 to 64 printable ASCII characters; it comes back in every answer about this OTP. */
  readonly clientRefId?: string;
  /**
   * What your server knows the customer's session by, 1 to 128 printable ASCII characters without blanks. Only the same one
   * can verify the OTP at our issuer, so that a stranger's wrong codes do not make the customer wait. Eko's knows no such
   * field.
   */
  readonly sessionId?: string;
  /** What the customer approves with the OTP. Our issuer binds the token to it; Eko's knows no such field. */
  readonly transaction?: Readonly<Record<string, unknown>>;
  /**
   * Of the SMS, such as `hi` (BCP 47), one in which a text is registered. Default: the account's first. Eko's knows no such
   * field.
   */
  readonly language?: string;
}

export interface OtpSent {
  /** Id of this send. */
  readonly tid: string;
  readonly clientRefId: string | undefined;
  /** From then on the OTP is refused. Whole seconds. */
  readonly otpExpiresAt: Date;
}

export interface VerifyOtp {
  /** The customer's mobile: ten digits, or E.164. */
  readonly mobile: string;
  /** The code from the SMS. A string: `042317` has a leading zero. */
  readonly otp: string;
  /** As the OTP was sent with. */
  readonly sessionId?: string;
}

/** A mobile proven by an OTP. */
export interface VerifiedMobile {
  /** E.164: `+919002336768`. */
  readonly mobile: string;
  /** The `otp_verification_token`: valid for five minutes. A guard consumes it once. */
  readonly token: string;
  readonly tid: string;
  readonly clientRefId: string | undefined;
}

/** What became of an SMS, as our issuer tells. */
export interface SentMessage {
  readonly tid: string;
  /**
   * `queued`: it waits for a route. `handing-over`: a provider is being asked. `accepted`: a provider has it. `unknown`: a
   * provider may have it. `refused`, `expired`: it was not sent, and will not be.
   */
  readonly state: 'queued' | 'handing-over' | 'accepted' | 'unknown' | 'refused' | 'expired';
  /** What the provider said later. All but `accepted` are final. */
  readonly receipt: 'accepted' | 'delivered' | 'undelivered' | 'expired' | 'rejected' | undefined;
  /** The issuer's name of the way that it went. */
  readonly route: string | undefined;
  /** The provider's id of it. */
  readonly messageId: string | undefined;
  /** What the operator called a refusal, such as `633`. */
  readonly operatorCode: string | undefined;
  readonly queuedAt: Date;
  readonly endedAt: Date | undefined;
  readonly receiptAt: Date | undefined;
}

export interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. What was sent may still take effect. */
  readonly signal?: AbortSignal;
  /** Overrides the client's. Milliseconds, 1 to 60,000. */
  readonly timeoutMs?: number;
  /** Overrides the client's. 0 to 5. */
  readonly retries?: number;
}

/** The calls. Each rejects with an `OtpApiError`, or with the reason of the signal. */
export interface OtpClient {
  /** Sends an OTP by SMS. Never repeated by itself once the server may have seen it: see `idempotentSends`. */
  sendOtp(request: SendOtp, options?: CallOptions): Promise<OtpSent>;
  /** Verifies the newest OTP sent to this mobile, and uses it up. `otp_rejected`: it is wrong, expired or used. */
  verifyOtp(request: VerifyOtp, options?: CallOptions): Promise<VerifiedMobile>;
  /**
   * Asks whether a token is valid. That consumes nothing: the token passes again and again, so put a guard with
   * `remoteValidation(client)` before a handler that acts on one. `token_timed_out` or `token_invalid`: it is not valid.
   */
  validateToken(token: string, options?: CallOptions): Promise<VerifiedMobile>;
  /**
   * Asks what became of the SMS of a send, by the `tid` of its answer, within 24 hours. Only our issuer knows: at Eko's it
   * rejects with `unexpected_answer`. `refused`: this account has no such SMS.
   */
  getMessage(tid: string, options?: CallOptions): Promise<SentMessage>;
}
