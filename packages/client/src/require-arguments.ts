import { OtpApiError } from './errors.ts';

/** The ten digits that the wire carries, of a mobile in ten digits or E.164. */
export function requireMobile(value: unknown): string {
  const [, digits] = /^(?:\+91)?([6-9][0-9]{9})$/.exec(text(value)) ?? [];
  return digits ?? refuse('mobile must be a string with an Indian mobile: ten digits, or +91 and ten digits.');
}

export function requireTenDigits(name: string, value: unknown): string {
  return /^[0-9]{10}$/.test(text(value)) ? text(value) : refuse(`${name} must be a string of ten digits.`);
}

export function requireOtp(value: unknown): string {
  return isOtp(value) ? value : refuse('otp must be a string of 4 to 8 digits.');
}

export function isOtp(value: unknown): value is string {
  // A number has lost its leading zeros.
  return /^[0-9]{4,8}$/.test(text(value));
}

export function requireClientRefId(value: unknown): string {
  const usable = /^[ -~]{1,64}$/.test(text(value));
  return usable ? text(value) : refuse('clientRefId must be a string of 1 to 64 printable ASCII characters.');
}

export function requireSessionId(value: unknown): string {
  const usable = /^[!-~]{1,128}$/.test(text(value));
  return usable ? text(value) : refuse('sessionId must be 1 to 128 printable ASCII characters without blanks.');
}

export function requireLanguage(value: unknown): string {
  const usable = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}$/.test(text(value));
  return usable ? text(value) : refuse('language must be as BCP 47 writes it, such as en.');
}

/** With any other character it could lead to another URL. */
export function requireTid(value: unknown): string {
  return /^[0-9]{1,20}$/.test(text(value)) ? text(value) : refuse('tid must be the digits of an answer.');
}

/** With any other character a token could add parameters to the URL that it is put into. */
export function requireToken(value: unknown): string {
  const usable = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text(value)) && text(value).length <= 4096;
  return usable ? text(value) : refuse('token must be the otp_verification_token as Verify OTP gave it.');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function refuse(message: string): never {
  throw new OtpApiError('invalid_request', `${message} Nothing was sent.`);
}
