import { OtpApiError, type OtpApiErrorCode } from '../errors.ts';
import { problem, type ProblemName } from './problems.ts';

/** Something that the customer cannot help, behind an answer that says only that it failed. */
export interface OtpHandlerFault {
  readonly during: 'send' | 'verify' | 'rate-limit';
  /** An `OtpApiError`, with no key, token, OTP or whole mobile in it; of the rate limiter, whatever it rejected with. */
  readonly error: unknown;
}

export type ReportFault = (fault: OtpHandlerFault) => void;

/** A second failure in the hook must not change the answer. */
export function reporterOf(onFault: (fault: OtpHandlerFault) => unknown): ReportFault {
  return (fault) => void (async () => onFault(fault))().catch(() => {});
}

/** One warning for each code: an account without balance must not stay unseen, nor fill the log. */
export function warnOnce(): ReportFault {
  const said = new Set<string>();
  return ({ error }) => {
    const isApi = error instanceof OtpApiError;
    const code = isApi ? error.code : 'rate_limiter';
    if (said.has(code)) return;
    said.add(code);
    const what = isApi ? error.message : 'The rate limiter does not answer, so no OTP is sent and none verified.';
    const message = `otpHandler(): ${what} This is said once; the option onFault is told each time.`;
    process.emitWarning(message, { code: `VERIFIED_MOBILE_${code.toUpperCase()}` });
  };
}

const PROBLEM_OF: Readonly<Partial<Record<OtpApiErrorCode, ProblemName>>> = {
  otp_wrong: 'wrong',
  otp_rejected: 'wrong',
  otp_expired: 'expired',
  otp_wait: 'wait',
  otp_not_sent: 'notDelivered',
};

/** The application's own fault: `customer()` returned a mobile or an agent that is none. */
const OWN_FAULTS: ReadonlySet<OtpApiErrorCode> = new Set(['invalid_request', 'invalid_configuration']);

const RETRY_AFTER_SECONDS = { default: 5, largest: 3600 };

/**
 * The answer to a call of the issuer that failed.
 *
 * @throws the error itself if the application is to blame
 */
export function answerFailure(error: unknown, during: 'send' | 'verify', report: ReportFault): Response {
  if (!(error instanceof OtpApiError) || OWN_FAULTS.has(error.code)) throw error;
  const { code, retryAfterSeconds = RETRY_AFTER_SECONDS.default } = error;
  const name = PROBLEM_OF[code] ?? 'unavailable';
  if (name === 'unavailable' || name === 'notDelivered') report({ during, error });
  if (name === 'unavailable') return unavailable(retryAfterSeconds);
  return problem(name, name === 'wait' ? Math.max(retryAfterSeconds, 1) : undefined);
}

export function unavailable(retryAfterSeconds: number = RETRY_AFTER_SECONDS.default): Response {
  return problem('unavailable', Math.min(Math.max(retryAfterSeconds, 1), RETRY_AFTER_SECONDS.largest));
}
