import { DEFAULT_TABLE, type PostgresClient } from '../ledger/postgres-tables.ts';
import { IssuerError, misconfigured } from '../lib/errors.ts';
import { readSetting, type Variables } from '../lib/read-setting.ts';
import { openPostgres } from './open-postgres.ts';

const SETTING = 'ISSUER_LEDGER_POSTGRES_URL';

/** Does something with the ledger in PostgreSQL, and says which setting leads to it if it cannot be reached. */
export async function withLedgerDatabase<Result>(
  variables: Variables,
  work: (client: PostgresClient, table: string) => Promise<Result>,
): Promise<Result> {
  const url = readSetting(variables, SETTING);
  if (url === undefined) throw misconfigured(`${SETTING} is missing. Set it to the database of the ledger.`);
  // Whatever connection fails: the query on it says so.
  const pool = await openPostgres(url, SETTING, () => {});
  try {
    const table = readSetting(variables, 'ISSUER_LEDGER_TABLE') ?? DEFAULT_TABLE;
    return await work({ query: async (text, values) => pool.query(text, values) }, table);
  } catch (cause) {
    if (cause instanceof IssuerError) throw cause;
    throw new IssuerError('ledger_unavailable', `The ledger at ${SETTING} cannot be used.`, {
      cause,
    });
  } finally {
    await pool.end();
  }
}
