import type { Pool } from 'pg';
import { misconfigured } from '../lib/errors.ts';

/** How long the server may take to accept a connection, and to answer: a paused one is an outage, not a long wait. */
const CONNECT_TIMEOUT_MS = 2_000;
const QUERY_TIMEOUT_MS = 3_000;

/** A pool that outlives restarts of its server. `setting` is the one that asked for it. */
export async function openPostgres(url: string, setting: string, onError: (error: unknown) => void): Promise<Pool> {
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    throw misconfigured(`${setting} needs the package pg: npm install pg.`, { cause });
  });
  const pool = new pg.Pool({
    connectionString: url,
    max: 2,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: QUERY_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  // An error without a listener ends the process: the pool's, of connections that are idle, and those of each in use.
  pool.on('error', onError);
  pool.on('connect', (connection) => connection.on('error', onError));
  return pool;
}
