import { misconfigured } from '../lib/errors.ts';
import type { ValidatedToken } from './claims.ts';
import { refused, type TokenRefused } from './refusal.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import { sha256 } from '../lib/digest.ts';

/**
 * What an issuer writes into `transaction_data_hashes` when a customer approves a transaction: base64url of SHA-256 over
 * its canonical JSON (RFC 8785).
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: the transaction has no canonical form
 */
export function transactionHash(transaction: unknown): string {
  const canonical = canonicalJson(transaction);
  if (canonical !== undefined) return hashOfCanonical(canonical);
  throw misconfigured('A transaction is made of JSON values: no NaN, no infinity, no half of a surrogate pair.');
}

function hashOfCanonical(canonical: string): string {
  return sha256(canonical);
}

/**
 * Whether this token was given for this transaction.
 *
 * @param canonical the transaction's canonical JSON; `undefined` where it has none
 */
export function objectionToTransaction(token: ValidatedToken, canonical: string | undefined): TokenRefused | undefined {
  if (canonical === undefined) return refused('transaction_mismatch', 'other-transaction');
  if (token.transactionHashes === undefined) {
    return token.bindsTransactions ? refused('transaction_mismatch', 'transaction-not-approved') : undefined;
  }
  return token.transactionHashes.includes(hashOfCanonical(canonical))
    ? undefined
    : refused('transaction_mismatch', 'other-transaction');
}
