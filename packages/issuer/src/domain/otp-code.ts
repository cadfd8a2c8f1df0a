import { randomInt } from 'node:crypto';
import { transactionHash } from '@verified-mobile/core';

/** How many digits a code has. Four are a hundred times easier to guess: every limit is halved with them. */
export type CodeDigits = 6 | 4;

export const DEFAULT_CODE_DIGITS: CodeDigits = 6;
export const DEFAULT_SENDER_SIGNATURE = 'Eko India';

/** What the customer approves with the code. */
export interface Transaction {
  /** As the payout route will compare it: a number and the same digits in a string are two transactions. */
  amount: number | string;
  payee: string;
  /** Three capitals, ISO 4217. The SMS says INR where it is left out. */
  currency?: string | undefined;
}

/** A uniform code. A string: one in ten begins with a zero. */
export function generateCode(digits: CodeDigits): string {
  return String(randomInt(10 ** digits)).padStart(digits, '0');
}

/** The SMS, word for word as registered: an operator drops a text that differs from its DLT template. */
export function otpText(code: string, senderSignature: string, transaction: Transaction | undefined): string {
  if (transaction === undefined) return `${code} is the OTP to verify your mobile number.\n- ${senderSignature}`;
  const { amount, currency = 'INR', payee } = transaction;
  return `${code} is the OTP to pay ${currency} ${amount} to ${payee}.\n- ${senderSignature}`;
}

/** What the challenge and the token say of the transaction; empty where there is none. */
export function hashOf(transaction: Transaction | undefined): string {
  return transaction === undefined ? '' : transactionHash(transaction);
}
