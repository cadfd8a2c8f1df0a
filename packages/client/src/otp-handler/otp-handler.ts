import { sendOtp, verifyOtp } from './calls.ts';
import { isJson, readJsonBody } from './json-body.ts';
import { type OtpHandlerOptions, resolveOptions } from './options.ts';
import { isFromOwnPage } from './own-page.ts';
import { problem, type ProblemName } from './problems.ts';

/** A web-standard handler; what it is called with besides is passed on to `customer` and `transaction`. */
export interface OtpHandler<Rest extends unknown[] = []> {
  (request: Request, ...rest: Rest): Promise<Response>;
  /** Whether a path is one of the handler's, for apps that serve others too. */
  readonly owns: (path: string) => boolean;
}

/**
 * Sends and verifies OTPs for the customers' browsers, so that these never hold a key and never choose a mobile:
 * `POST …/otp` sends one to the mobile of the customer who is logged in, `POST …/otp/verify` exchanges it for the
 * `otp_verification_token` that a guard consumes. It rejects with what `customer` and `transaction` throw.
 *
 * @throws {OtpApiError} `invalid_configuration`, naming the option and the remedy
 *
 * @example
 * ```ts
 * const handler = otpHandler({
 *   client,
 *   customer: async (request) => customerOfSession(request.headers.get('cookie')),
 *   transaction: (_request, payout) => transactionOf(payout),
 * });
 * ```
 */
export function otpHandler<Rest extends unknown[] = []>(options: OtpHandlerOptions<Rest>): OtpHandler<Rest> {
  const settings = resolveOptions(options);
  const { basePath, allowedOrigins, customer: customerOf } = settings;
  const handle = async (request: Request, ...rest: Rest): Promise<Response> => {
    const call = callAt(new URL(request.url).pathname, basePath);
    const refused = call === undefined ? 'wrongPath' : objectionTo(request, allowedOrigins);
    if (refused !== undefined) return problem(refused);
    const customer = await customerOf(request, ...rest);
    if (customer === undefined || customer === null) return problem('notLoggedIn');
    const reading = await readJsonBody(request);
    if (reading.outcome === 'refused') return problem(reading.problem);
    const { otp, transaction: proposed } = reading.body;
    if (call === 'verify') return verifyOtp(settings, customer, otp);
    const transaction = await settings.transaction?.(request, proposed, ...rest);
    if (settings.transaction !== undefined && !transaction) return problem('noTransaction');
    return sendOtp(settings, customer, transaction ?? undefined);
  };
  return Object.assign(handle, { owns: (path: string) => callAt(path, basePath) !== undefined });
}

function callAt(path: string, basePath: string): 'send' | 'verify' | undefined {
  if (!path.startsWith(`${basePath}/`)) return undefined;
  const below = path.slice(basePath.length);
  if (below.endsWith('/otp')) return 'send';
  return below.endsWith('/otp/verify') ? 'verify' : undefined;
}

function objectionTo(request: Request, allowedOrigins: ReadonlySet<string>): ProblemName | undefined {
  if (request.method !== 'POST') return 'wrongMethod';
  if (!isFromOwnPage(request, allowedOrigins)) return 'crossSite';
  return isJson(request) ? undefined : 'wrongType';
}
