import { STATUS_CODES } from 'node:http';

/** Every way in which the handler refuses a request. The list is closed. */
export type OtpProblemCode =
  | 'otp_cross_site'
  | 'otp_not_logged_in'
  | 'otp_invalid_request'
  | 'otp_wait'
  | 'otp_not_delivered'
  | 'otp_wrong'
  | 'otp_expired'
  | 'otp_unavailable';

/** Finer than the code: what the answer says besides. */
export type ProblemName =
  | 'wrongPath'
  | 'wrongMethod'
  | 'crossSite'
  | 'wrongType'
  | 'notLoggedIn'
  | 'tooLarge'
  | 'noObject'
  | 'noOtp'
  | 'noTransaction'
  | 'wait'
  | 'notDelivered'
  | 'wrong'
  | 'expired'
  | 'unavailable';

interface Problem {
  readonly status: number;
  readonly code: OtpProblemCode;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The one table of refusals. All of it is constant: nothing that the issuer or a caller wrote is in an answer. */
const TABLE: Readonly<Record<ProblemName, Problem>> = {
  wrongPath: { status: 404, code: 'otp_invalid_request', detail: 'Post to …/otp or to …/otp/verify.' },
  wrongMethod: {
    status: 405,
    code: 'otp_invalid_request',
    detail: 'OTPs are sent and verified by POST.',
    headers: { Allow: 'POST' },
  },
  crossSite: { status: 403, code: 'otp_cross_site', detail: 'The request does not come from a page of this site.' },
  wrongType: { status: 415, code: 'otp_invalid_request', detail: 'Send application/json.' },
  notLoggedIn: {
    status: 401,
    code: 'otp_not_logged_in',
    detail: 'Log in first.',
    // RFC 9110, section 15.5.2: a 401 has a challenge. No browser knows this scheme, so none asks for a password.
    headers: { 'WWW-Authenticate': 'Session' },
  },
  tooLarge: { status: 413, code: 'otp_invalid_request', detail: 'The body is larger than 16 KiB.' },
  noObject: { status: 400, code: 'otp_invalid_request', detail: 'The body must be a JSON object.' },
  noOtp: { status: 400, code: 'otp_invalid_request', detail: 'otp must be a string of 4 to 8 digits.' },
  noTransaction: { status: 400, code: 'otp_invalid_request', detail: 'This transaction cannot be approved.' },
  wait: { status: 429, code: 'otp_wait', detail: 'Too many requests. An OTP that was sent before may still be good.' },
  notDelivered: { status: 502, code: 'otp_not_delivered', detail: 'The OTP could not be sent to this mobile number.' },
  wrong: { status: 400, code: 'otp_wrong', detail: 'The OTP is wrong, expired or used. Try again, or get a new one.' },
  expired: { status: 400, code: 'otp_expired', detail: 'The OTP has expired. Get a new one.' },
  unavailable: {
    status: 503,
    code: 'otp_unavailable',
    detail: 'OTPs cannot be sent or verified at the moment. One that arrives all the same is good. Try again.',
  },
};

/** `application/problem+json` (RFC 9457), with the members that a guard's refusal has. */
export function problem(name: ProblemName, retryAfterSeconds?: number): Response {
  const { status, code, detail, headers } = TABLE[name];
  return new Response(JSON.stringify({ title: STATUS_CODES[status], status, detail, code }), {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
      ...headers,
    },
  });
}
