import type { OtpProblem } from './otp-state.ts';
import type { OtpErrorCode } from './texts.ts';

/** No OTP was sent, or it was not taken. Holds neither OTP nor mobile. */
export class OtpError extends Error implements OtpProblem {
  override readonly name = 'OtpError';
  readonly code: OtpErrorCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: OtpErrorCode, retryAfterSeconds?: number) {
    super(code);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
