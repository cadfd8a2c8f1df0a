import { randomInt } from 'node:crypto';
import { transactionHash } from '@verified-mobile/core';

/** How many digits a code may have. Four are a hundred times easier to guess: every limit is halved with them. */
export const CODE_DIGITS = [6, 4] as const;
export type CodeDigits = (typeof CODE_DIGITS)[number];

export const DEFAULT_CODE_DIGITS: CodeDigits = 6;

/** What the customer approves with the code. */
export interface Transaction {
  /** As the payout route will compare it: a number and the same digits in a string are two transactions. */
  readonly amount: number | string;
  /** As the SMS says it. */
  readonly payee: string;
  /** Three capitals, ISO 4217. The SMS says INR if it is left out. */
  readonly currency?: string | undefined;
}

/** A uniform code. A string: one in ten begins with a zero. */
export function generateCode(digits: CodeDigits): string {
  return String(randomInt(10 ** digits)).padStart(digits, '0');
}

/** What the challenge and the token say of the transaction; empty if there is none. */
export function hashOf(transaction: Transaction | undefined): string {
  return transaction === undefined ? '' : transactionHash(transaction);
}
