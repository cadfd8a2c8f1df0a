import { type SqlClient, postgresReplayStore, type PostgresReplayStoreOptions } from '@verified-mobile/postgres';
import type { ReplayStore } from '@verified-mobile/core';
import pg from 'pg';
import postgres from 'postgres';

export interface TestPool {
  readonly pool: SqlClient;
  /** Runs the body in a transaction: rolled back if it throws. */
  readonly transaction: <Result>(body: (tx: SqlClient) => Promise<Result>) => Promise<Result>;
  readonly end: () => Promise<void>;
}

/** Pools as the documentation says to make them. */
export const POOLS: Readonly<Record<string, (url: string, max?: number) => TestPool>> = {
  'npm pg': (url, max = 10) => {
    const pool = new pg.Pool({ connectionString: url, max });
    pool.on('error', () => undefined);
    // Between being lent and being listened to a connection may break as well.
    pool.on('connect', (client) => client.on('error', () => undefined));
    return { pool, transaction: async (body) => inTransaction(pool, body), end: async () => pool.end() };
  },
  'npm postgres': (url, max = 10) => {
    const sql = postgres(url, { max, onnotice: () => undefined });
    const transaction: TestPool['transaction'] = async (body) =>
      (await sql.begin(async (tx) => body(tx))) as Awaited<ReturnType<typeof body>>;
    return { pool: sql, transaction, end: async () => sql.end({ timeout: 1 }) };
  },
};

async function inTransaction<Result>(pool: pg.Pool, body: (tx: SqlClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const noteFault = (error: Error): void => void (broken = error);
  client.on('error', noteFault);
  try {
    await client.query('BEGIN');
    const result = await body(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((cause: Error) => (broken = cause));
    throw error;
  } finally {
    client.off('error', noteFault);
    client.release(broken);
  }
}

/** A store that ends its pool when it is closed. */
export function storeOn(pool: TestPool, options?: PostgresReplayStoreOptions): ReplayStore {
  const store = postgresReplayStore(pool.pool, options);
  return {
    scope: store.scope,
    consume: async (use, given) => store.consume(use, given),
    ready: async () => store.ready(),
    close: async () => {
      await store.close();
      await pool.end();
    },
  };
}
