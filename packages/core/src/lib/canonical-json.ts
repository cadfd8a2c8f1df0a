import { misconfigured } from './errors.ts';

/**
 * JSON in its one canonical form (RFC 8785): members sorted by UTF-16 code units, no white space, ECMAScript numbers.
 * Members that are `undefined` are left out, as in any JSON.
 *
 * @returns `undefined` if the value has no such form: NaN, an infinity, half a surrogate pair. A caller can send all of
 *   these; none can have been approved.
 * @throws {VerifiedMobileError} `invalid_configuration`: a bigint, function or symbol, which no caller can send
 */
export function canonicalJson(value: unknown): string | undefined {
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
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value);
    case 'bigint':
    case 'function':
    case 'symbol':
      throw misconfigured(`transaction cannot hold a ${typeof value}. Give amounts as numbers or decimal strings.`);
  }
}

function canonicalArray(values: readonly unknown[]): string | undefined {
  const items = values.map(canonicalJson);
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
}

function canonicalObject(object: object): string | undefined {
  const members = Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const texts = members.map(([name, value]) => {
    const text = canonicalJson(value);
    return text === undefined || !name.isWellFormed() ? undefined : `${JSON.stringify(name)}:${text}`;
  });
  return texts.includes(undefined) ? undefined : `{${texts.join(',')}}`;
}
