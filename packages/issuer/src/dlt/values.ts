import { CODE_LIFETIME_MS } from '../domain/challenge.ts';
import type { CodeMessage, TransactionField } from '../domain/ports.ts';
import { charactersOf } from './characters.ts';
import type { VariableBinding } from './template.ts';

/** What is known of a value before there is one. */
export interface ValueShape {
  /** The caller's own field that it comes from, if it is the caller's. */
  readonly field?: TransactionField;
  readonly longest: string;
  readonly typical: string;
}

const MINUTES = String(CODE_LIFETIME_MS / 60_000);
/** As `transaction` of Send takes them. */
const LONGEST_PAYEE = 'M'.repeat(30);

export const VALUE_SHAPES: Readonly<Record<VariableBinding, ValueShape>> = {
  code: { longest: '888888', typical: '888888' },
  amount: { field: 'transaction.amount', longest: '888888888888.88', typical: '2500' },
  currency: { field: 'transaction.currency', longest: 'INR', typical: 'INR' },
  payee: { field: 'transaction.payee', longest: LONGEST_PAYEE, typical: 'Asha Traders' },
  'masked-payee': {
    field: 'transaction.payee',
    longest: maskPayee(LONGEST_PAYEE),
    typical: maskPayee('026291800001191'),
  },
  minutes: { longest: MINUTES, typical: MINUTES },
};

/** What each variable says in one message. */
export function valueOf(binding: VariableBinding, { code, transaction }: CodeMessage): string {
  switch (binding) {
    case 'code':
      return code;
    case 'minutes':
      return MINUTES;
    case 'amount':
      return String(transaction?.amount ?? '');
    case 'currency':
      return transaction?.currency ?? 'INR';
    case 'payee':
      return transaction?.payee ?? '';
    case 'masked-payee':
      return maskPayee(transaction?.payee ?? '');
  }
}

/** `XX1191` of an account number: at most the last four letters and digits, and never more than half of them. */
export function maskPayee(payee: string): string {
  const shown = charactersOf(payee).filter((character) => /[\p{L}\p{M}\p{N}]/u.test(character));
  const count = Math.min(4, Math.floor(shown.length / 2));
  return `XX${shown.slice(shown.length - count).join('')}`;
}
