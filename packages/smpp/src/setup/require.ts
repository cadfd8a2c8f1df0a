import { misconfigured } from '@verified-mobile/core/store';

/** @param remedy what it must be instead */
export function requirePattern(name: string, value: unknown, pattern: RegExp, remedy: string): void {
  if (typeof value !== 'string' || !pattern.test(value)) throw misconfigured(`${name} must be ${remedy}.`);
}

export function requireOneOf(name: string, value: unknown, choices: readonly unknown[]): void {
  if (choices.includes(value)) return;
  throw misconfigured(`${name} must be ${choices.map((choice) => JSON.stringify(choice)).join(' or ')}.`);
}

/** A number, or its text in decimal or hexadecimal: JSON has no `0x1400`. */
export function readNumber(name: string, value: unknown, from: number, to: number): number {
  const isText = typeof value === 'string' && /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(value);
  const number = isText ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= from && number <= to) return number;
  throw misconfigured(`${name} must be a whole number from ${from} to ${to}, or its text, such as '0x1400'.`);
}
