/**
 * Where every event of an account is kept for good: hash-chained JSON lines in files, or the same in PostgreSQL.
 *
 * @example
 * ```ts
 * const ledger = await openFileLedger({ folder: '/var/lib/verified-mobile/ledger' });
 * const issuer = createIssuer({ ...options, ledger });
 * const { problems, head } = await verifyLedger('/var/lib/verified-mobile/ledger');
 * ```
 */
export type { ChainHead } from './ledger/chain.ts';
export type { LedgerReport } from './ledger/check-chain.ts';
export type { CheckpointKeys } from './ledger/checkpoint.ts';
export type { LedgerVerification } from './ledger/expected-entries.ts';
export { type FileLedgerOptions, openFileLedger } from './ledger/file-ledger.ts';
export type { LedgerFaultListener } from './ledger/ledger-fault.ts';
export { verifyLedger } from './ledger/verify-folder.ts';
export { postgresLedger, type PostgresLedgerOptions } from './ledger/postgres-ledger.ts';
export { migrateLedger, type PostgresClient } from './ledger/postgres-tables.ts';
export { type PostgresLedgerVerification, verifyPostgresLedger } from './ledger/verify-postgres.ts';
