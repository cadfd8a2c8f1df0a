import { readFile } from 'node:fs/promises';
import { rowsOf, type SqlClient } from './sql-client.ts';

/**
 * Creates or updates the schema `verified_mobile`, in one transaction, from the `sql/schema.sql` of this package. Safe to
 * run again, and by several processes at once. Tokens issued before the first run are never accepted: an earlier
 * store of used ids is not asked.
 *
 * @throws what the client throws, with nothing changed
 */
export async function migrate(client: SqlClient): Promise<void> {
  await rowsOf(client, await readFile(new URL('../sql/schema.sql', import.meta.url), 'utf8'));
}
