import type { ValidatedToken } from '../token/claims.ts';
import { type Failure, failed } from '../token/failure.ts';
import { sha256 } from './digest.ts';

/** The hash that a token carries for one transaction: base64url of SHA-256 over its canonical JSON. */
export function hashOfCanonicalTransaction(canonical: string): string {
  return sha256(canonical).toString('base64url');
}

/**
 * Whether this token was given for this transaction.
 *
 * @param canonical the transaction's canonical JSON; `undefined` where it has none
 */
export function objectionToTransaction(token: ValidatedToken, canonical: string | undefined): Failure | undefined {
  if (canonical === undefined) return failed('transaction_mismatch', 'other-transaction');
  if (token.transactionHashes === undefined) {
    return token.bindsTransactions ? failed('transaction_mismatch', 'transaction-not-approved') : undefined;
  }
  return token.transactionHashes.includes(hashOfCanonicalTransaction(canonical))
    ? undefined
    : failed('transaction_mismatch', 'other-transaction');
}
