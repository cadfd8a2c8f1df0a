import { migrate } from '@verified-mobile/postgres';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { POOLS, type TestPool } from './clients.ts';

/** A server with the schema, vouching for tokens issued in the last hour, as one does that has run so long. */
export async function startMigrated(parent?: string): Promise<PostgresServer> {
  const server = await startPostgres(parent);
  const client = newPool(server);
  await migrate(client.pool);
  await query(client.pool, "UPDATE verified_mobile.lineage SET vouches_from = now() - interval '1 hour'");
  await client.end();
  return server;
}

export function newPool({ url }: PostgresServer, max?: number): TestPool {
  return POOLS['npm pg']!(url, max);
}

export async function query(pool: TestPool['pool'], text: string): Promise<Record<string, unknown>[]> {
  const result = 'unsafe' in pool ? await pool.unsafe(text) : (await pool.query(text)).rows;
  return result as Record<string, unknown>[];
}
