import { IssuerError, misconfigured } from '../lib/errors.ts';
import { refuseUnknownNames } from '../lib/settings.ts';

/** A pool or client of `pg`, by what is used of it. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

export const DEFAULT_TABLE = 'issuer_ledger';
/** Of all that create ledger tables: `CREATE TABLE IF NOT EXISTS` fails for those that run it at the same time. */
const CREATION_LOCK = '5310876225016637441';

/**
 * Creates the tables of {@link postgresLedger}, in one transaction. Safe to run again, and by several processes at once.
 * The role that the service uses then needs `SELECT, INSERT` on the table, and `SELECT, INSERT, UPDATE` on its `_heads`.
 *
 * @param options `table`: default `issuer_ledger`
 * @throws {IssuerError} `invalid_configuration`; `ledger_unavailable` if the role may not create tables; and what the client throws
 */
export async function migrateLedger(client: PostgresClient, options: { readonly table?: string } = {}): Promise<void> {
  refuseUnknownNames('migrateLedger', options, ['table']);
  const { table = DEFAULT_TABLE } = options;
  requireTableName(table);
  try {
    await client.query(`
      SELECT pg_advisory_xact_lock(${CREATION_LOCK});
      CREATE TABLE IF NOT EXISTS ${table} (
        node text NOT NULL, sequence bigint NOT NULL, line text NOT NULL,
        PRIMARY KEY (node, sequence));
      CREATE TABLE IF NOT EXISTS ${table}_heads (
        node text PRIMARY KEY, sequence bigint NOT NULL, hash text NOT NULL);`);
  } catch (cause) {
    throw isMissingRight(cause) ? mayNotCreate(table, cause) : cause;
  }
}

function mayNotCreate(table: string, cause: unknown): IssuerError {
  const remedy = 'Run "verified-mobile-issuer ledger migrate" as a role that may.';
  return new IssuerError('ledger_unavailable', `This role may not create the ledger tables ${table}. ${remedy}`, {
    cause,
  });
}

function isMissingRight(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42501';
}

/** A role that may only append cannot create them, not even if they are there. */
export async function createMissingTables(client: PostgresClient, table: string): Promise<void> {
  const { rows } = await client.query('SELECT to_regclass($1) AS lines, to_regclass($2) AS heads', [
    table,
    `${table}_heads`,
  ]);
  const areThere = rows[0]?.['lines'] !== null && rows[0]?.['heads'] !== null;
  if (!areThere) await migrateLedger(client, { table });
}

export function requireTableName(table: unknown): void {
  if (typeof table === 'string' && /^[a-z_][a-z0-9_]{0,50}$/.test(table)) return;
  throw misconfigured('table must be a name of small letters, digits and underscores.');
}
