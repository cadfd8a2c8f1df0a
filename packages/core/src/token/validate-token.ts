import { type Clock, steadyClock } from '../clock.ts';
import { refuseUnknownNames, requireObject } from '../settings.ts';
import { type AgeLimits, resolveAgeLimits } from './age-limits.ts';
import type { ValidatedToken } from './claims.ts';
import type { RefusalCode } from './failure.ts';
import { resolveIssuers, type TrustedIssuer } from './trusted-issuer.ts';
import { validate } from './validate.ts';

export interface ValidateTokenOptions extends Partial<AgeLimits> {
  /** The time in milliseconds, for tests. Default: the system's clock, never going back. */
  clock?: Clock;
}

export type TokenVerdict =
  | { readonly ok: true; readonly token: ValidatedToken }
  | { readonly ok: false; readonly code: RefusalCode };

/**
 * Validates a token and consumes nothing: it would pass again. To act on a token once, use a guard.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`, as the guard does
 */
export async function validateToken(
  token: string,
  issuers: TrustedIssuer | readonly TrustedIssuer[],
  options: ValidateTokenOptions = {},
): Promise<TokenVerdict> {
  requireObject('validateToken()', options);
  refuseUnknownNames('validateToken()', options, ['maxAgeSeconds', 'clockToleranceSeconds', 'clock']);
  const { clock = steadyClock } = options;
  const validation = await validate(token, { ...resolveAgeLimits(options), clock, issuers: resolveIssuers(issuers) });
  return validation.ok ? validation : { ok: false, code: validation.failure.code };
}
