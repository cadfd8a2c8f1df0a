import type { Proof } from '@verified-mobile/core';
import { ProofNotConsumedError, type ProofNotConsumedCode } from './errors.ts';
import { rowsOf, type SqlClient, sqlState } from './sql-client.ts';

const CODES: Readonly<Record<string, ProofNotConsumedCode>> = {
  '55P03': 'busy',
  '40001': 'retry_transaction',
  '40P01': 'retry_transaction',
};

/** As in the guard's `TokenUse.expiresAt`: the row is the same, whichever of the two writes it first. */
const REMEMBERED_AFTER_END_MS = 120_000;

const SPEND =
  'SELECT verified_mobile.spend_token($1, $2, to_timestamp($3), to_timestamp($4), to_timestamp($5)) AS spent';

/**
 * Spends the proof in the payout's own transaction: commit spends it, rollback frees it. Of all transactions that ever
 * call this with one proof, one commits. While one spends it, another is told so at once.
 *
 * Call it first in the transaction, and let what it throws roll the transaction back.
 *
 * @param tx a client of npm `pg` between BEGIN and COMMIT, or the `sql` that `sql.begin` of npm `postgres` passes on
 * @throws {ProofNotConsumedError} `used`, `busy` or `retry_transaction`: nothing may be paid by this transaction
 */
export async function consumeWithin(
  tx: SqlClient,
  proof: Pick<Proof, 'proofId' | 'operation' | 'issuedAt' | 'expiresAt'>,
): Promise<void> {
  const { proofId, operation, issuedAt, expiresAt } = proof;
  let rows: unknown[];
  try {
    const endsAt = expiresAt + REMEMBERED_AFTER_END_MS;
    rows = await rowsOf(tx, SPEND, [proofId, operation, issuedAt / 1000, endsAt / 1000, Date.now() / 1000]);
  } catch (cause) {
    const code = CODES[sqlState(cause) ?? ''];
    throw code === undefined ? cause : new ProofNotConsumedError(code, { cause });
  }
  if ((rows[0] as { spent?: unknown } | undefined)?.spent !== true) throw new ProofNotConsumedError('used');
}
