/** A pool or a client of npm `pg`, inside or outside a transaction. */
export interface PgQueryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** The `sql` of npm `postgres`, or the one that `sql.begin` hands to its function. */
export interface PostgresQueryable {
  unsafe(text: string, values?: never[]): PromiseLike<unknown>;
}

export type SqlClient = PgQueryable | PostgresQueryable;

type Parameter = string | number | boolean;

/** Runs one statement. Without parameters it may be several, which PostgreSQL then runs as one transaction. */
export async function rowsOf(client: SqlClient, text: string, parameters?: Parameter[]): Promise<unknown[]> {
  if ('unsafe' in client) return (await client.unsafe(text, parameters as never[] | undefined)) as unknown[];
  return (await client.query(text, parameters)).rows;
}

export function isSqlClient(client: unknown): client is SqlClient {
  const members = client as { query?: unknown; unsafe?: unknown } | undefined | null;
  return typeof members?.query === 'function' || typeof members?.unsafe === 'function';
}

/** The SQLSTATE of what either client throws. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
