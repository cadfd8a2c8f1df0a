/** What the server answers when it has sent an OTP. */
export interface OtpSent {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** How long the customer waits before another OTP may be asked for. */
  readonly resendAfterSeconds: number;
  /** Where it was sent, masked. */
  readonly mobile: string;
  /** What this OTP approves, as the server understood it. Shown as text. */
  readonly approving?: OtpApproval | undefined;
}

export interface OtpApproval {
  readonly amount: string;
  readonly payee: string;
  /** ISO 4217. The amount is shown in its form. */
  readonly currency?: string | undefined;
}

/** What went wrong. A code without a text of its own is shown as `failed`. */
export interface OtpProblem {
  readonly code: string;
  readonly retryAfterSeconds?: number | undefined;
}
