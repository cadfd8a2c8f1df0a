import { misconfigured, type StoreState, unavailable } from '@verified-mobile/core/store';
import { rowsOf, type SqlClient } from './sql-client.ts';

const INSPECT = `SELECT
  pg_is_in_recovery() AS replica,
  (SELECT relpersistence FROM pg_class WHERE oid = 'verified_mobile.token_use'::regclass) AS persistence,
  (SELECT schema_version FROM verified_mobile.lineage) AS schema_version,
  (SELECT extract(epoch FROM vouches_from)::float8 * 1000 FROM verified_mobile.lineage) AS vouches_from,
  extract(epoch FROM clock_timestamp())::float8 * 1000 AS clock`;

interface Inspection {
  readonly replica: boolean;
  readonly persistence: string;
  readonly schema_version: number;
  readonly vouches_from: number;
  readonly clock: number;
}

/**
 * Since when the server remembers every use, by its own clock. Milliseconds since the epoch.
 *
 * @throws {VerifiedMobileError} a server that forgets uses in a crash, or has another schema
 */
export async function inspectServer(client: SqlClient): Promise<StoreState> {
  const [server] = (await rowsOf(client, INSPECT)) as [Inspection];
  // A replica may be promoted any moment, as in a failover.
  if (server.replica) throw new Error('this server is a replica');
  if (server.persistence !== 'p') {
    throw misconfigured('verified_mobile.token_use is UNLOGGED: a crash would empty it. ALTER TABLE … SET LOGGED.');
  }
  if (server.schema_version === null)
    throw unavailable('The table verified_mobile.lineage is empty. Run migrate(pool).');
  if (server.schema_version !== 1) throw misconfigured('The schema is of another version. Run migrate(pool).');
  return { vouchesFrom: server.vouches_from, clock: server.clock };
}
