import { requireWholeNumber } from '../lib/settings.ts';

/** The longest time a token may be good for, by its own dates. */
export const MAX_LIFETIME_SECONDS = 300;

/** The widest difference between an issuer's clock and ours that any guard may be told to bear. */
export const MAX_CLOCK_TOLERANCE_SECONDS = 60;

export const DEFAULT_CLOCK_TOLERANCE_SECONDS = 5;

export interface AgeLimits {
  /** Oldest token accepted, by its `iat`. Seconds, 1 to 300. Default 300. */
  maxAgeSeconds: number;
  /** How far the issuer's clock may be off, either way. Seconds, 0 to 60. Default 5; 0 means 0. */
  clockToleranceSeconds: number;
}

export function resolveAgeLimits(given: { [Name in keyof AgeLimits]?: number | undefined }): AgeLimits {
  const { maxAgeSeconds = MAX_LIFETIME_SECONDS, clockToleranceSeconds = DEFAULT_CLOCK_TOLERANCE_SECONDS } = given;
  requireWholeNumber('maxAgeSeconds', maxAgeSeconds, { from: 1, to: MAX_LIFETIME_SECONDS });
  requireWholeNumber('clockToleranceSeconds', clockToleranceSeconds, { from: 0, to: MAX_CLOCK_TOLERANCE_SECONDS });
  return { maxAgeSeconds, clockToleranceSeconds };
}
