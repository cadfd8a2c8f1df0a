import { VerifiedMobileError } from '../lib/errors.ts';
import { isFiniteNumber } from '../lib/json.ts';
import type { RefusalCode } from './refusal-codes.ts';

/**
 * A refused request, ready to be answered. Headers and body are constants, but for the number of seconds in
 * `Retry-After`: no byte of a token, a claim or an exception is in them.
 */
export interface Refusal {
  readonly code: RefusalCode;
  readonly status: 400 | 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** `application/problem+json` (RFC 9457), serialised. */
  readonly body: string;
}

const TITLES = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 503: 'Service Unavailable' } as const;

const TABLE: Readonly<Record<RefusalCode, { status: Refusal['status']; detail: string }>> = {
  otp_token_missing: {
    status: 401,
    detail: 'This request needs proof of a mobile number: a fresh otp_verification_token.',
  },
  otp_token_ambiguous: {
    status: 400,
    detail: 'The request carries more than one otp_verification_token. Send exactly one.',
  },
  otp_token_invalid: {
    status: 401,
    detail: 'The otp_verification_token is not valid here. Verify the mobile number again.',
  },
  otp_token_expired: {
    status: 401,
    detail: 'The otp_verification_token has expired. Verify the mobile number again.',
  },
  otp_token_used: {
    status: 401,
    detail: 'The otp_verification_token has been used. Verify the mobile number again.',
  },
  mobile_mismatch: {
    status: 403,
    detail: 'The otp_verification_token proves another mobile number than this request needs.',
  },
  transaction_mismatch: {
    status: 403,
    detail: 'The otp_verification_token was not given for this transaction.',
  },
  guard_unavailable: {
    status: 503,
    // The store may have consumed the token although its answer was lost: without an idempotency key the retry is then refused as used.
    detail:
      'The otp_verification_token cannot be checked at the moment. Try again with the same token. If it is then refused, verify the mobile number again.',
  },
};

/** Not Bearer: `Authorization` cannot answer this challenge, and a client that reads Bearer renews its session instead. */
const SCHEME = 'VerifiedMobile';

const RETRY_AFTER_SECONDS = { default: '1', smallest: 1, largest: 3_600 };

/** The one table of answers: code to status, headers and body. */
export function refusalTable(maxAgeSeconds: number): Readonly<Record<RefusalCode, Refusal>> {
  const entries = Object.entries(TABLE).map(([code, { status, detail }]) => [
    code,
    Object.freeze({
      code,
      status,
      headers: headersFor(status, detail, maxAgeSeconds),
      body: bodyFor(code, status, detail),
    }),
  ]);
  return Object.freeze(Object.fromEntries(entries) as Record<RefusalCode, Refusal>);
}

/** The refusal of an outage that knows when to try again says so: whole seconds, from 1 to 3,600. */
export function withRetryAfter(refusal: Refusal, error: unknown): Refusal {
  const seconds = error instanceof VerifiedMobileError ? error.retryAfterSeconds : undefined;
  if (refusal.status !== 503 || !isFiniteNumber(seconds)) return refusal;
  const { smallest, largest } = RETRY_AFTER_SECONDS;
  const wait = Math.min(Math.max(Math.ceil(seconds), smallest), largest);
  return Object.freeze({ ...refusal, headers: Object.freeze({ ...refusal.headers, 'Retry-After': String(wait) }) });
}

function headersFor(status: Refusal['status'], detail: string, maxAgeSeconds: number): Refusal['headers'] {
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
  };
  if (status === 503) headers['Retry-After'] = RETRY_AFTER_SECONDS.default;
  if (status === 401) {
    // RFC 9470, section 3: ask for a fresher authentication, and say how fresh.
    const challenge = `error="insufficient_user_authentication", error_description="${detail}", max_age=${maxAgeSeconds}`;
    headers['WWW-Authenticate'] = `${SCHEME} ${challenge}`;
  }
  return Object.freeze(headers);
}

function bodyFor(code: string, status: Refusal['status'], detail: string): string {
  const next = status === 401 ? { action: 'verify_mobile' } : {};
  return JSON.stringify({ title: TITLES[status], status, detail, code, ...next });
}
