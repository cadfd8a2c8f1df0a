import { type Clock, monotonicClock } from '../lib/clock.ts';
import { misconfigured, unavailable } from '../lib/errors.ts';
import { normaliseMobile } from '../lib/mobile.ts';
import { Deadline } from '../lib/deadline.ts';
import { requireFunction, resolveSettings } from '../lib/settings.ts';
import { Circuit } from './circuit.ts';
import { compareWithShadow } from './shadow.ts';
import { type Authenticity, EXPIRED, FORGED, type TokenKeys } from '../token/token-keys.ts';

/** What the issuer says of a token that is valid. */
export interface RemoteAnswer {
  /** The token that it was asked about. */
  readonly token: string;
  /** The mobile that it proves, any spelling. */
  readonly mobile: string;
}

/**
 * Asks the issuer about one token, once. Rejects with an error whose `code` is `token_invalid` or `token_timed_out`
 * if the issuer refuses the token; anything else it rejects with is an outage. Its `httpStatus`, if it has one, may say
 * that the outage is of this token alone: 400, 413, 414 and 431 do not count towards `failuresToOpen`.
 */
export type RemoteValidate = (
  token: string,
  options: { readonly signal: AbortSignal; readonly retries: 0 },
) => Promise<RemoteAnswer>;

export interface RemoteValidationOptions {
  /** How long the issuer may take; then the request is refused with 503. Milliseconds, 1 to 30,000. Default 3,000. */
  timeoutMs?: number;
  /** After so many outages in a row the issuer is left alone, and requests get their 503 at once. 1 to 1,000. Default 5. */
  failuresToOpen?: number;
  /** How long it is left alone; then one request tries. Seconds, 1 to 3,600. Default 10. */
  openSeconds?: number;
  /**
   * Keys that judge the same tokens and decide nothing, to see whether they could replace the remote. If the two
   * differ, a `ShadowEvent` goes out on `diagnostics_channel` `verified-mobile:shadow`. Default none.
   */
  shadow?: TokenKeys | undefined;
  /** The time in milliseconds, for tests. Default: a clock that nobody can set. */
  clock?: Clock;
}

const DEFAULTS: Required<RemoteValidationOptions> = {
  timeoutMs: 3_000,
  failuresToOpen: 5,
  openSeconds: 10,
  shadow: undefined,
  clock: monotonicClock,
};

/**
 * Trusts the tokens that their issuer calls valid when it is asked: for an issuer that publishes no key, such as Eko.
 * One call for each request whose token has the right shape, issuer and dates; put a rate limit before the guard, or
 * made-up tokens make the service call the issuer for each. Nothing is taken from the token before the issuer has
 * called it valid, and an answer about another token or another mobile refuses it.
 *
 * No good answer is remembered. A token is honestly used once, so only replays and retries would find it again, and
 * they would find an answer that the issuer may have taken back since.
 *
 * @param issuer the client of `@verified-mobile/client`, or any function that asks
 * @throws {VerifiedMobileError} `invalid_configuration`: no such function, an unknown option, a value out of range
 *
 * @example
 * ```ts
 * const eko = createOtpClient({ developerKey, accessKey, initiatorId, environment: 'production' });
 * requireVerifiedMobile({ issuers: { issuer: null, audience: null, keys: remoteValidation(eko) } });
 * ```
 */
export function remoteValidation(
  issuer: RemoteValidate | { readonly validateToken: RemoteValidate },
  options: RemoteValidationOptions = {},
): TokenKeys {
  const settings = resolve(options);
  const validate: unknown = typeof issuer === 'function' ? issuer : issuer?.validateToken;
  if (typeof validate !== 'function') {
    throw misconfigured(
      'remoteValidation() takes the client of createOtpClient(), or a function that asks the issuer.',
    );
  }
  const { shadow, timeoutMs, clock } = settings;
  const circuit = new Circuit({ ...settings, isOutage });
  return {
    // The issuer may sign with any algorithm, but `none` means that the token is not signed.
    accepts: (algorithm) => algorithm.toLowerCase() !== 'none',
    authenticate: async (token, algorithm) => {
      const remote = circuit.run(async () => ask(validate as RemoteValidate, token.text, timeoutMs));
      if (shadow !== undefined) compareWithShadow(shadow, remote, { token, algorithm, clock });
      return remote;
    },
  };
}

async function ask(validate: RemoteValidate, token: string, timeoutMs: number): Promise<Authenticity> {
  const deadline = new Deadline();
  try {
    // No retries: they would use up the deadline, and a dead issuer would be asked twice for every request.
    const asking = async (): Promise<unknown> => validate(token, { signal: deadline.signal, retries: 0 });
    return readAnswer(await deadline.race(asking, timeoutMs), token);
  } catch (cause) {
    const code = (cause as { code?: unknown } | undefined)?.code;
    if (code === 'token_invalid') return FORGED;
    if (code === 'token_timed_out') return EXPIRED;
    throw unavailable('The issuer cannot say whether the token is valid.', { cause });
  }
}

/** Bad request, content, URI or header fields too large: one token of a stranger must not keep the issuer from all others. */
const ABOUT_ONE_REQUEST: ReadonlySet<unknown> = new Set([400, 413, 414, 431]);

function isOutage(error: unknown): boolean {
  const { cause } = error as { cause?: { httpStatus?: unknown } };
  return !ABOUT_ONE_REQUEST.has(cause?.httpStatus);
}

function readAnswer(answer: unknown, token: string): Authenticity {
  const { token: answered, mobile: spelling } = (answer ?? {}) as Partial<Record<keyof RemoteAnswer, unknown>>;
  const mobile = normaliseMobile(spelling);
  if (typeof answered !== 'string' || mobile === undefined) throw new Error('the answer names no token and mobile');
  return answered === token ? { outcome: 'authentic', mobile } : FORGED;
}

const RANGES = {
  timeoutMs: { from: 1, to: 30_000 },
  failuresToOpen: { from: 1, to: 1_000 },
  openSeconds: { from: 1, to: 3_600 },
};

function resolve(options: RemoteValidationOptions): Required<RemoteValidationOptions> {
  const settings = resolveSettings('remoteValidation()', options, DEFAULTS, RANGES);
  requireFunction('clock', settings.clock);
  if (settings.shadow === undefined || typeof settings.shadow?.authenticate === 'function') return settings;
  throw misconfigured(
    'shadow must be made by jwks(url), publicKey(keyOrPem, algorithm) or hmacSecret(bytes, algorithm).',
  );
}
