import { type Clock, systemClock } from '../lib/clock.ts';
import { unavailable, VerifiedMobileError } from '../lib/errors.ts';
import { isFiniteNumber, type JsonObject, ownMember } from '../lib/json.ts';
import { refuseUnknownNames, requireObject } from '../lib/settings.ts';
import { type AgeLimits, resolveAgeLimits } from './age-limits.ts';
import { readClaims, type ValidatedToken } from './claims.ts';
import { decodeUnverifiedToken, type UnverifiedToken } from './compact-token.ts';
import { refused, type TokenRefusalCode, type TokenRefused } from './refusal.ts';
import type { Authenticity } from './token-keys.ts';
import { issuerOf, type ResolvedIssuer, resolveIssuers, type TrustedIssuer } from './trusted-issuer.ts';

export interface ValidateTokenOptions extends Partial<AgeLimits> {
  /** The time in milliseconds, for tests. Default: the system's clock, an outage if it was set. */
  clock?: Clock;
}

export type TokenVerdict =
  | { readonly outcome: 'valid'; readonly token: ValidatedToken }
  | { readonly outcome: 'refused'; readonly code: TokenRefusalCode };

/**
 * Validates a token and consumes nothing: it would pass again. To act on a token once, use a guard.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`, as the guard does; `unavailable` if the keys cannot be
 *   reached, or the clock was set by more than 30 s
 */
export async function validateToken(
  token: string,
  issuers: TrustedIssuer | readonly TrustedIssuer[],
  options: ValidateTokenOptions = {},
): Promise<TokenVerdict> {
  requireObject('validateToken()', options);
  refuseUnknownNames('validateToken()', options, ['maxAgeSeconds', 'clockToleranceSeconds', 'clock']);
  const { clock = systemClock } = options;
  const validation = await validate(token, { ...resolveAgeLimits(options), clock, issuers: resolveIssuers(issuers) });
  switch (validation.outcome) {
    case 'valid':
      return validation;
    case 'refused':
      return { outcome: 'refused', code: validation.code };
    case 'unavailable':
      throw unavailable(OUTAGES[validation.reason], { cause: validation.error });
  }
}

/** Nothing is known of the token. */
export interface Outage {
  readonly outcome: 'unavailable';
  readonly reason: keyof typeof OUTAGES;
  readonly error: unknown;
}

const OUTAGES = {
  'keys-unavailable': 'The keys of the issuer could not be reached.',
  'clock-in-doubt': 'The time is in doubt.',
} as const;

export interface ValidationSettings extends Readonly<AgeLimits> {
  readonly issuers: readonly ResolvedIssuer[];
  readonly clock: Clock;
}

export type Validation = { readonly outcome: 'valid'; readonly token: ValidatedToken } | TokenRefused | Outage;

/** Steps 2 to 6: from text to a token that may be believed. Cheap refusals stand before cryptography. */
export async function validate(text: unknown, settings: ValidationSettings): Promise<Validation> {
  const token = typeof text === 'string' ? decodeUnverifiedToken(text) : undefined;
  if (token === undefined) return refused('otp_token_invalid', 'shape');
  const issuer = issuerOf(ownMember(token.payload, 'iss'), settings.issuers);
  if (issuer === undefined) return refused('otp_token_invalid', 'issuer');
  const early = objectionToHeader(token.header, issuer) ?? objectionToAge(token.payload, settings);
  if (early !== undefined) return early;
  const authenticity = await authenticate(token, issuer);
  if (authenticity?.outcome === 'unavailable') return authenticity;
  if (authenticity?.outcome === 'expired') return refused('otp_token_expired', 'expired');
  // Anything but the one word is a refusal, also from keys that were written without types.
  if (authenticity?.outcome !== 'authentic') return refused('otp_token_invalid', 'signature');
  const reading = readClaims(token, issuer);
  if (reading.outcome === 'refused') return reading;
  // An issuer that was asked must have spoken of the mobile that is acted on.
  if (authenticity.mobile !== undefined && authenticity.mobile !== reading.token.mobile) {
    return refused('otp_token_invalid', 'mobile');
  }
  // Once more: fetching keys may have taken seconds.
  return objectionToPassedTime(reading.token, settings) ?? reading;
}

/** For a token that was young enough when it came: whether it has grown too old meanwhile. */
export function objectionToPassedTime(
  { issuedAt, expiresAt }: ValidatedToken,
  settings: ValidationSettings,
): TokenRefused | Outage | undefined {
  const now = readClock(settings.clock);
  if (typeof now !== 'number') return now;
  return isOver(expiresAt, now, settings) || isTooOld(issuedAt, now, settings)
    ? refused('otp_token_expired', 'expired')
    : undefined;
}

/** A clock of the application that fails is the application's fault, and goes to it. */
function readClock(clock: Clock): number | Outage {
  try {
    return clock();
  } catch (error) {
    if (!(error instanceof VerifiedMobileError && error.code === 'unavailable')) throw error;
    return { outcome: 'unavailable', reason: 'clock-in-doubt', error };
  }
}

function isOver(expiresAt: number, now: number, { clockToleranceSeconds }: ValidationSettings): boolean {
  return now >= expiresAt + clockToleranceSeconds * 1000;
}

function isTooOld(issuedAt: number, now: number, settings: ValidationSettings): boolean {
  return now - issuedAt > (settings.maxAgeSeconds + settings.clockToleranceSeconds) * 1000;
}

/** Keys throw only if they cannot be reached; whatever a token can do ends in an answer. */
async function authenticate(token: UnverifiedToken, { keys }: ResolvedIssuer): Promise<Authenticity | Outage> {
  try {
    return await keys.authenticate(token, String(token.header['alg']));
  } catch (error) {
    return { outcome: 'unavailable', reason: 'keys-unavailable', error };
  }
}

function objectionToHeader(header: JsonObject, issuer: ResolvedIssuer): TokenRefused | undefined {
  const algorithm = ownMember(header, 'alg');
  if (typeof algorithm !== 'string' || !issuer.keys.accepts(algorithm)) {
    return refused('otp_token_invalid', 'algorithm');
  }
  // No extension is understood here, so none may be critical (RFC 7515, section 4.1.11); `b64` would change what is signed.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    return refused('otp_token_invalid', 'critical-header');
  }
  return undefined;
}

/** November 5138. As seconds no token is from later; as milliseconds it is March 1973. */
const LAST_SECOND = 1e11;

/** Dates that are not numbers are left to the claims step: this one only says "too old" and "too early". */
function objectionToAge(payload: JsonObject, settings: ValidationSettings): TokenRefused | Outage | undefined {
  const now = readClock(settings.clock);
  if (typeof now !== 'number') return now;
  const toleranceMs = settings.clockToleranceSeconds * 1000;
  const iat = ownMember(payload, 'iat');
  const exp = ownMember(payload, 'exp');
  const nbf = ownMember(payload, 'nbf');
  if (isFiniteNumber(exp) && isOver(exp * 1000, now, settings)) return refused('otp_token_expired', 'expired');
  if (isFiniteNumber(iat)) {
    if (isTooOld(iat * 1000, now, settings)) return refused('otp_token_expired', 'expired');
    if (iat > LAST_SECOND) return refused('otp_token_invalid', 'dates-in-milliseconds');
    if (iat * 1000 - now > toleranceMs) return refused('otp_token_invalid', 'not-yet-valid');
  }
  if (nbf !== undefined && !(isFiniteNumber(nbf) && now >= nbf * 1000 - toleranceMs)) {
    return refused('otp_token_invalid', 'not-yet-valid');
  }
  return undefined;
}
