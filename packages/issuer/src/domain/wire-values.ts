import { randomInt } from 'node:crypto';

const COUNTRY_CODE = '+91';
const WIRE_MOBILE = /^[6-9][0-9]{9}$/;

/** The wire and the tokens write a mobile in ten digits; everything inside is E.164. */
export function wireMobile(mobile: string): string {
  return mobile.slice(COUNTRY_CODE.length);
}

/** The digits by which conversions are counted: `9002` of `+919002336768`. */
export function prefixOf(mobile: string): string {
  return wireMobile(mobile).slice(0, 4);
}

/** @returns E.164; `undefined` unless it is an Indian mobile in ten digits */
export function mobileFromWire(digits: unknown): string | undefined {
  return typeof digits === 'string' && WIRE_MOBILE.test(digits) ? COUNTRY_CODE + digits : undefined;
}

/** `tid`: ten digits, new for each answered call. */
export function newTransactionId(): string {
  return String(randomInt(1e9, 1e10));
}
