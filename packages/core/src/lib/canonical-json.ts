import { misconfigured } from './errors.ts';

/** Deeper than any transaction, and far from where recursion ends the process's stack. */
const DEEPEST = 100;

/**
 * JSON in its one canonical form (RFC 8785): members sorted by UTF-16 code units, no white space, ECMAScript numbers.
 * Members that are `undefined` are left out, as in any JSON.
 *
 * @returns `undefined` if the value has no such form: NaN, an infinity, half a surrogate pair, more than 100 levels. A
 *   caller can send all of these; none can have been approved.
 * @throws {VerifiedMobileError} `invalid_configuration`: a bigint, function or symbol, or an object that is not plain (a Date, a
 *   Map, an instance of a class), which no caller can send. As JSON all such objects would be alike: `{}`.
 */
export function canonicalJson(value: unknown): string | undefined {
  return canonicalAt(value, 0);
}

function canonicalAt(value: unknown, depth: number): string | undefined {
  if (depth > DEEPEST) return undefined;
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? JSON.stringify(value) : undefined;
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : undefined;
    case 'boolean':
      return String(value);
    case 'undefined':
      return undefined;
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalArray(value, depth) : canonicalObject(value, depth);
    case 'bigint':
    case 'function':
    case 'symbol':
      throw misconfigured(`transaction cannot hold a ${typeof value}. Give amounts as numbers or decimal strings.`);
  }
}

function canonicalArray(values: readonly unknown[], depth: number): string | undefined {
  const items = values.map((value) => canonicalAt(value, depth + 1));
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
}

function canonicalObject(object: object, depth: number): string | undefined {
  requirePlain(object);
  const members = Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const texts = members.map(([name, value]) => {
    const text = canonicalAt(value, depth + 1);
    return text === undefined || !name.isWellFormed() ? undefined : `${JSON.stringify(name)}:${text}`;
  });
  return texts.includes(undefined) ? undefined : `{${texts.join(',')}}`;
}

/** What JSON.parse makes, an object literal, or one without a prototype; from another realm as well. */
function requirePlain(object: object): void {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return;
  const name: unknown = (object.constructor as { name?: unknown } | undefined)?.name;
  throw misconfigured(
    `transaction cannot hold ${typeof name === 'string' && name !== '' ? `a ${name}` : 'an instance of a class'}. ` +
      'Give plain objects, arrays, strings, numbers and booleans: a date as a string.',
  );
}
