import { misconfigured } from '../errors.ts';
import { refuseUnknownNames, requireWholeNumber } from '../options.ts';
import type { OtpClient } from '../otp-client.ts';
import { type OtpHandlerFault, reporterOf, type ReportFault, warnOnce } from './faults.ts';
import { memoryLimiters, type RateLimiter, type RateLimiters } from './rate-limit.ts';

type Awaitable<Value> = Value | Promise<Value>;

/** Who is logged in. */
export interface OtpCustomer {
  /** From your own records, never from the request: ten digits, or E.164. */
  readonly mobile: string;
  /** The agent on whose behalf OTPs are sent: ten digits. */
  readonly cspId: string;
  /** What the rate limits count by. Default: the mobile. */
  readonly id?: string;
  /**
   * What your server knows the log-in session by, as in `sendOtp()`: only in it can the OTP be verified, and a stranger's
   * wrong codes do not make this customer wait. Eko's API knows no such field.
   */
  readonly sessionId?: string;
}

/** What a customer approves with an OTP. */
export interface OtpTransaction {
  readonly amount: number | string;
  readonly payee: string;
  /** Three capitals. Default INR. */
  readonly currency?: string;
}

export interface OtpHandlerOptions<Rest extends unknown[] = []> {
  readonly client: Pick<OtpClient, 'sendOtp' | 'verifyOtp'>;
  /** Returns who is logged in; if no one is, the answer is 401. It may look at all but the request's body. */
  readonly customer: (request: Request, ...rest: Rest) => Awaitable<OtpCustomer | null | undefined>;
  /**
   * Returns what the customer is asked to approve, of what the browser proposes: any JSON, or `undefined`. The SMS says it,
   * and the token is good for nothing else. Check the proposal as you check the payout itself, and return the very fields that
   * the guard's option `transaction` returns. If it returns none, the answer is 400. Without this option OTPs approve
   * nothing in particular, whatever the browser proposes. Leave it out at Eko, which binds no token to a transaction.
   */
  readonly transaction?: (
    request: Request,
    proposed: unknown,
    ...rest: Rest
  ) => Awaitable<OtpTransaction | null | undefined>;
  /** What the handler's paths begin with; before `/otp` there may be more. Default: anything. */
  readonly basePath?: string;
  /**
   * Origins of other sites whose pages may call, such as `https://pay.example.in`, and your own if a proxy gives requests
   * another host and old browsers matter. Default: this site only.
   */
  readonly allowedOrigins?: readonly string[];
  /** When the browser may offer another OTP, for information: the issuer has the last word. 1 to 3,600. Default 30. */
  readonly resendAfterSeconds?: number;
  /**
   * Counts each customer's well-formed requests, whatever comes of them. Default: ten OTPs and thirty attempts an hour, in
   * the memory of this process. The issuer's limits hold besides.
   */
  readonly rateLimiters?: RateLimiters;
  /**
   * Told of each failure that the customer cannot help: an SMS that was refused, an issuer that does not answer, an account
   * without balance. It cannot change an answer. Default: a warning of the process, once for each code.
   */
  readonly onFault?: (fault: OtpHandlerFault) => Awaitable<void>;
}

export interface HandlerSettings<Rest extends unknown[]> {
  readonly client: OtpHandlerOptions['client'];
  readonly customer: OtpHandlerOptions<Rest>['customer'];
  readonly transaction: OtpHandlerOptions<Rest>['transaction'] | undefined;
  readonly basePath: string;
  readonly allowedOrigins: ReadonlySet<string>;
  readonly resendAfterSeconds: number;
  readonly rateLimiters: RateLimiters;
  readonly report: ReportFault;
}

const NAMES: readonly string[] = [
  'client',
  'customer',
  'transaction',
  'basePath',
  'allowedOrigins',
  'resendAfterSeconds',
  'rateLimiters',
  'onFault',
] satisfies (keyof OtpHandlerOptions)[];

/** @throws {OtpApiError} `invalid_configuration`, naming the option and the remedy */
export function resolveOptions<Rest extends unknown[]>(options: OtpHandlerOptions<Rest>): HandlerSettings<Rest> {
  if (typeof options !== 'object' || options === null) throw misconfigured('otpHandler() takes one object.');
  refuseUnknownNames('otpHandler()', options, NAMES);
  const { client, customer, transaction, basePath = '', resendAfterSeconds = 30, onFault } = options;
  if (typeof client?.sendOtp !== 'function' || typeof client.verifyOtp !== 'function') {
    throw misconfigured('client must be what createOtpClient() returns.');
  }
  if (typeof customer !== 'function') {
    throw misconfigured('customer must be a function that returns { mobile, cspId } of who is logged in.');
  }
  for (const [name, value] of Object.entries({ transaction, onFault })) {
    if (value !== undefined && typeof value !== 'function') throw misconfigured(`${name} must be a function.`);
  }
  if (typeof basePath !== 'string' || !/^(?:\/[^/?#]+)*$/.test(basePath)) {
    throw misconfigured('basePath must begin with a slash and end without one, like /api. Leave it out for any path.');
  }
  requireWholeNumber('resendAfterSeconds', resendAfterSeconds, 1, 3_600);
  return {
    client,
    customer,
    transaction,
    basePath,
    allowedOrigins: resolveOrigins(options.allowedOrigins ?? []),
    resendAfterSeconds,
    rateLimiters: resolveLimiters(options.rateLimiters),
    report: onFault === undefined ? warnOnce() : reporterOf(onFault),
  };
}

function resolveOrigins(origins: readonly string[]): ReadonlySet<string> {
  if (Array.isArray(origins) && origins.every(isOrigin)) return new Set(origins);
  throw misconfigured(
    'allowedOrigins must be a list of scheme, host and port, as browsers send them: https://pay.example.in.',
  );
}

function isOrigin(text: unknown): boolean {
  return typeof text === 'string' && /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function resolveLimiters(limiters: RateLimiters | undefined): RateLimiters {
  if (limiters === undefined) return memoryLimiters();
  if (isLimiter(limiters?.send) && isLimiter(limiters.verify)) return limiters;
  throw misconfigured('rateLimiters must be { send, verify }, each with consume(key), as of rate-limiter-flexible.');
}

function isLimiter(limiter: RateLimiter | undefined): boolean {
  return typeof limiter?.consume === 'function';
}
