import type { Clock } from '../clock.ts';
import type { AgeLimits } from './age-limits.ts';
import { isFiniteNumber, readClaims, type ValidatedToken } from './claims.ts';
import { decodeUnverifiedToken, type JsonObject, ownMember, type UnverifiedToken } from './compact-token.ts';
import { type Failure, failed } from './failure.ts';
import { issuerOf, type ResolvedIssuer } from './trusted-issuer.ts';

export interface ValidationSettings extends Readonly<AgeLimits> {
  readonly issuers: readonly ResolvedIssuer[];
  readonly clock: Clock;
}

export type Validation =
  | { readonly ok: true; readonly token: ValidatedToken }
  | { readonly ok: false; readonly failure: Failure; readonly error?: unknown };

/** Steps 2 to 6: from text to a token that may be believed. Cheap refusals stand before cryptography. */
export async function validate(text: unknown, settings: ValidationSettings): Promise<Validation> {
  const token = typeof text === 'string' ? decodeUnverifiedToken(text) : undefined;
  if (token === undefined) return refuse('otp_token_invalid', 'shape');
  const issuer = issuerOf(ownMember(token.payload, 'iss'), settings.issuers);
  if (issuer === undefined) return refuse('otp_token_invalid', 'issuer');
  const early = objectionToHeader(token.header, issuer) ?? objectionToAge(token.payload, settings);
  if (early !== undefined) return { ok: false, failure: early };
  const authentic = await authenticate(token, issuer);
  if ('ok' in authentic) return authentic;
  const claims = readClaims(token, issuer);
  if ('code' in claims) return { ok: false, failure: claims };
  // An issuer that was asked must have spoken of the mobile that is acted on.
  if (authentic.mobile !== undefined && authentic.mobile !== claims.mobile)
    return refuse('otp_token_invalid', 'mobile');
  // Once more: fetching keys may have taken seconds.
  const late = objectionToAge(token.payload, settings);
  return late === undefined ? { ok: true, token: claims } : { ok: false, failure: late };
}

function refuse(code: Failure['code'], reason: Failure['reason'], error?: unknown): Validation {
  return { ok: false, failure: failed(code, reason), error };
}

function objectionToHeader(header: JsonObject, issuer: ResolvedIssuer): Failure | undefined {
  const algorithm = ownMember(header, 'alg');
  if (typeof algorithm !== 'string' || !issuer.keys.accepts(algorithm)) {
    return failed('otp_token_invalid', 'algorithm');
  }
  // No extension is understood here, so none may be critical (RFC 7515, section 4.1.11); `b64` would change what is signed.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    return failed('otp_token_invalid', 'critical-header');
  }
  return undefined;
}

/** Dates that are not numbers are left to the claims step: this one only says "too old" and "too early". */
function objectionToAge(payload: JsonObject, settings: ValidationSettings): Failure | undefined {
  const now = settings.clock();
  const toleranceMs = settings.clockToleranceSeconds * 1000;
  const iat = ownMember(payload, 'iat');
  const exp = ownMember(payload, 'exp');
  const nbf = ownMember(payload, 'nbf');
  if (isFiniteNumber(exp) && now >= exp * 1000 + toleranceMs) return failed('otp_token_expired', 'expired');
  if (isFiniteNumber(iat)) {
    const ageMs = now - iat * 1000;
    if (ageMs > settings.maxAgeSeconds * 1000 + toleranceMs) return failed('otp_token_expired', 'expired');
    if (ageMs < -toleranceMs) return failed('otp_token_invalid', 'not-yet-valid');
  }
  if (nbf !== undefined && !(isFiniteNumber(nbf) && now >= nbf * 1000 - toleranceMs)) {
    return failed('otp_token_invalid', 'not-yet-valid');
  }
  return undefined;
}

interface Authentic {
  /** Where the issuer was asked: the mobile in its answer. */
  readonly mobile?: string;
}

const SIGNED: Authentic = {};

async function authenticate(token: UnverifiedToken, issuer: ResolvedIssuer): Promise<Authentic | Validation> {
  try {
    const answer = await issuer.keys.verifySignature(token, String(token.header['alg']));
    if (answer === true) return SIGNED;
    if (answer === 'timed-out') return refuse('otp_token_expired', 'expired');
    return answer || refuse('otp_token_invalid', 'signature');
  } catch (error) {
    // Keys are thrown about only when they cannot be had: whatever a token can do ends in `false`.
    return refuse('guard_unavailable', 'keys-unavailable', error);
  }
}
