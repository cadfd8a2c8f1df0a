/**
 * The replay store in the payout's own database: the token is spent in the transaction that pays, or not at all.
 *
 * @example
 * ```ts
 * const replayStore = postgresReplayStore(pool, { consumption: 'within-transaction' });
 * app.post('/payouts', requireVerifiedMobile({ replayStore }), async (req, res) => {
 *   await inTransaction(pool, async (tx) => {
 *     const proof = getVerifiedMobile(req);
 *     await consumeWithin(tx, proof); // throws if another transaction spends it: nothing is paid
 *     await tx.query('INSERT INTO payouts (proof_id, amount) VALUES ($1, $2)', [proof.proofId, req.body.amount]);
 *   });
 *   res.status(201).end();
 * });
 * ```
 */
export { consumeWithin } from './consume-within.ts';
export { type ProofNotConsumedCode, ProofNotConsumedError } from './errors.ts';
export { forgetExpired } from './forget-expired.ts';
export { migrate } from './migrate.ts';
export { type PostgresReplayStoreOptions, postgresReplayStore } from './postgres-replay-store.ts';
export type { PgQueryable, PostgresQueryable, SqlClient } from './sql-client.ts';
