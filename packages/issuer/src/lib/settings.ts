import { misconfigured } from './errors.ts';

/** Refuses a name that nothing reads: a misspelt option would otherwise silently keep its default. */
export function refuseUnknownNames(what: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw misconfigured(`${what} has no option ${unknown.join(', ')}. It takes: ${known.join(', ')}.`);
}

export function requireText(name: string, value: unknown, remedy: string): void {
  if (typeof value === 'string' && value.trim() !== '') return;
  throw misconfigured(`${name} must be ${remedy}.`);
}

export function requireFunction(name: string, value: unknown, remedy: string): void {
  if (typeof value !== 'function') throw misconfigured(`${name} must be ${remedy}.`);
}

export function requireWhole(name: string, value: unknown, from: number, to: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to) return;
  throw misconfigured(`${name} must be a whole number from ${from} to ${to}.`);
}

/** Without what is `undefined`: that means the default. */
export function definedOf<Settings extends object>(given: Settings): Partial<Settings> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Settings>;
}

export function requireObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw misconfigured(`${path} must be an object.`);
}
