import { rowsOf, type SqlClient } from './sql-client.ts';

/**
 * Deletes uses that ended more than an hour ago, at most so many, and says how many. The store does it by itself every
 * ten seconds while it is used; call this from a scheduled job if it is told not to (`forgetsExpired: false`).
 */
export async function forgetExpired(client: SqlClient, limit = 5_000): Promise<number> {
  const [row] = await rowsOf(client, 'SELECT verified_mobile.forget_expired($1) AS forgotten', [limit]);
  return Number((row as { forgotten: unknown }).forgotten);
}
