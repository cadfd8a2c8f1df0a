import { misconfigured } from '../lib/errors.ts';

/** Turns the text of a setting into its value. `name` is for the error. */
export type ReadValue = (text: string, name: string) => unknown;

export function required(value: string | undefined, name: string, remedy: string): string {
  if (value === undefined) throw misconfigured(`${name} is missing. Set it to ${remedy}.`);
  return value;
}

export function asText(text: string): string {
  return text;
}

export function asWholeNumber(text: string, name: string): number {
  if (!/^[0-9]{1,10}$/.test(text)) throw misconfigured(`${name} must be a whole number.`);
  return Number(text);
}

/** Without the parser's own message: it quotes what it could not read, and that may be a secret. */
export function asJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw misconfigured(`${name} is not JSON.`);
  }
}

export function asBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}
