import { randomInt } from 'node:crypto';

export const CODE_DIGITS = 6;
export const DEFAULT_SENDER_SIGNATURE = 'Eko India';

/** A uniform code of six digits. A string: one in ten begins with a zero. */
export function generateCode(): string {
  return String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
}

/** The SMS, word for word as registered: an operator drops a text that differs from its DLT template. */
export function otpText(code: string, senderSignature: string): string {
  return `${code} is the OTP to verify your mobile number.\n- ${senderSignature}`;
}
