import type { ConversionGuard, Limits } from '../domain/limits.ts';
import { REFUSED_SENDS_REMEMBERED } from '../domain/otp-store.ts';
import { misconfigured } from '../lib/errors.ts';
import { definedOf, refuseUnknownNames, requireWhole } from '../lib/settings.ts';

/** The most that each may be set to. NIST SP 800-63B-4 section 3.2.2 stops at 100 failures in a row. */
const HIGHEST: Readonly<Record<Exclude<keyof Limits, 'cooldownSeconds'>, number>> = {
  sendsPerHour: 1000,
  sendsPerDay: 1000,
  attemptsPerCode: 5,
  failuresBeforeWait: 100,
  failuresBeforeStop: 100,
};

/** The base limits with the given ones in their place, checked. */
export function mergedLimits(name: string, given: Partial<Limits> | undefined, base: Limits): Limits {
  if (given === undefined) return base;
  if (typeof given !== 'object' || given === null) throw misconfigured(`${name} must be an object.`);
  refuseUnknownNames(name, given, ['cooldownSeconds', ...Object.keys(HIGHEST)]);
  const merged: Limits = { ...base, ...definedOf(given) };
  for (const [limit, highest] of Object.entries(HIGHEST)) {
    requireWhole(`${name}.${limit}`, merged[limit as keyof typeof HIGHEST], 1, highest);
  }
  const { cooldownSeconds } = merged;
  const isFit =
    Array.isArray(cooldownSeconds) &&
    cooldownSeconds.length > 0 &&
    cooldownSeconds.length <= REFUSED_SENDS_REMEMBERED &&
    cooldownSeconds.every((seconds) => Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= 3600);
  if (!isFit)
    throw misconfigured(
      `${name}.cooldownSeconds must list 1 to ${REFUSED_SENDS_REMEMBERED} whole numbers from 0 to 3600, such as [30, 60, 120].`,
    );
  return merged;
}

export function resolveConversionGuard(
  name: string,
  given: Partial<ConversionGuard> | undefined,
  defaults: ConversionGuard,
): ConversionGuard {
  if (given === undefined) return defaults;
  if (typeof given !== 'object' || given === null) throw misconfigured(`${name} must be an object.`);
  refuseUnknownNames(name, given, Object.keys(defaults));
  const guard: ConversionGuard = { ...defaults, ...definedOf(given) };
  requireWhole(`${name}.minimumSends`, guard.minimumSends, 1, 1_000_000);
  requireWhole(`${name}.secondsBetweenSends`, guard.secondsBetweenSends, 1, 3600);
  const { minimumShare } = guard;
  if (typeof minimumShare === 'number' && minimumShare >= 0 && minimumShare <= 1) return guard;
  throw misconfigured(`${name}.minimumShare must be a number from 0 to 1.`);
}
