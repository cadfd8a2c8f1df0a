/** What went wrong, for code that must tell one fault from another. The list is closed. */
export type VerifiedMobileErrorCode =
  /** A setting is missing, contradictory, weak or unknown. Thrown while building, never while serving. */
  | 'invalid_configuration'
  /** Keys or a replay store could not be reached or answered nonsense. Becomes the refusal `guard_unavailable`. */
  | 'unavailable'
  /** `getVerifiedMobile` was called for a request that no guard let through. */
  | 'not_verified';

/** The one error class of this package. Messages name the setting and the remedy; they never hold a token or a mobile. */
export class VerifiedMobileError extends Error {
  override readonly name = 'VerifiedMobileError';
  readonly code: VerifiedMobileErrorCode;
  /** When to try again, if that is known: the refusal `guard_unavailable` says it in `Retry-After`. Default: that of the cause. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: VerifiedMobileErrorCode, message: string, options: OutageOptions = {}) {
    super(message, options);
    const { cause, retryAfterSeconds } = options;
    this.code = code;
    this.retryAfterSeconds =
      retryAfterSeconds ?? (cause instanceof VerifiedMobileError ? cause.retryAfterSeconds : undefined);
  }
}

interface OutageOptions {
  cause?: unknown;
  retryAfterSeconds?: number;
}

/** For a store or keys that cannot answer: the request is then refused with 503. */
export function unavailable(message: string, options?: OutageOptions): VerifiedMobileError {
  return new VerifiedMobileError('unavailable', message, options);
}

/** Refuses a setting: what is wrong, then what to do about it. */
export function misconfigured(message: string, options?: { cause?: unknown }): VerifiedMobileError {
  return new VerifiedMobileError('invalid_configuration', message, options);
}
