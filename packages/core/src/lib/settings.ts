import { misconfigured } from './errors.ts';

/** Both ends are allowed. */
export interface WholeNumberRange {
  readonly from: number;
  readonly to: number;
}

/** Refuses a number that is out of range, fractional, or not a number. `0` means 0, never "use the default". */
export function requireWholeNumber(name: string, value: unknown, range: WholeNumberRange): void {
  if (Number.isInteger(value) && Number(value) >= range.from && Number(value) <= range.to) return;
  throw misconfigured(`${name} must be a whole number from ${range.from} to ${range.to}.`);
}

/** Refuses an option that must be a function and is not. */
export function requireFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  throw misconfigured(`${name} must be a function.`);
}

/** Refuses options that are no object, as callers without types may pass them. */
export function requireObject(what: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw misconfigured(`${what} takes one object of options.`);
}

/** Refuses a name that nothing reads: a misspelt option would otherwise silently keep its default. */
export function refuseUnknownNames(what: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw misconfigured(`${what} has no option ${unknown.join(', ')}. It takes: ${known.join(', ')}.`);
}

/**
 * The settings behind a flat options object: every name that `defaults` has, with what was given in its place.
 * `undefined` means the default.
 *
 * @param what whose options they are, for the messages: `redisReplayStore()`
 * @param ranges the names whose values are whole numbers, and how small and large these may be
 * @throws {VerifiedMobileError} `invalid_configuration`: no object, a name that `defaults` does not have, or a number out
 *   of its range
 *
 * @example
 * ```ts
 * const DEFAULTS = { timeoutMs: 200, table: 'token_use' };
 * const { timeoutMs, table } = resolveSettings('myReplayStore()', options, DEFAULTS, { timeoutMs: { from: 1, to: 10_000 } });
 * ```
 */
export function resolveSettings<Settings extends object>(
  what: string,
  options: { readonly [Name in keyof Settings]?: Settings[Name] | undefined },
  defaults: Settings,
  ranges: { readonly [Name in keyof Settings]?: WholeNumberRange } = {},
): Settings {
  requireObject(what, options);
  refuseUnknownNames(what, options, Object.keys(defaults));
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const settings: Settings = { ...defaults, ...Object.fromEntries(given) };
  for (const [name, range] of Object.entries<WholeNumberRange>(ranges as Record<string, WholeNumberRange>)) {
    requireWholeNumber(name, settings[name as keyof Settings], range);
  }
  return settings;
}
