import { IssuerError } from '../lib/errors.ts';
import { type ChainHead, EMPTY_CHAIN, readEntry } from './chain.ts';
import { damageOf } from './check-chain.ts';
import type { PostgresClient } from './postgres-tables.ts';

/** Where a chain goes on, and what was noted as written and is not there. */
export interface PostgresEnd {
  readonly head: ChainHead;
  readonly damage: string | undefined;
}

/** Behind the last row or, if rows of the end are gone, behind the noted head: the gap then stays for every later check. */
export async function findPostgresEnd(client: PostgresClient, table: string, node: string): Promise<PostgresEnd> {
  // One statement, so that both are of one moment.
  const { rows } = await client.query(
    `SELECT heads.sequence, heads.hash, newest.line FROM (SELECT $1::text AS node) AS wanted
       LEFT JOIN ${table}_heads AS heads USING (node)
       LEFT JOIN LATERAL (
         SELECT line FROM ${table} AS lines WHERE lines.node = wanted.node ORDER BY sequence DESC LIMIT 1) AS newest ON true`,
    [node],
  );
  const { sequence, hash, line } = rows[0] ?? {};
  const noted = typeof hash === 'string' ? { sequence: Number(sequence), hash } : EMPTY_CHAIN;
  const entry = typeof line === 'string' ? readEntry(line) : EMPTY_CHAIN;
  if (entry === undefined) {
    throw new IssuerError('ledger_unavailable', `The last line of ${node} in ${table} is no entry.`);
  }
  const last = { sequence: entry.sequence, hash: entry.hash };
  if (last.hash === noted.hash && last.sequence === noted.sequence) return { head: last, damage: undefined };
  // A row stands behind the noted one: its number is taken.
  return { head: last.sequence > noted.sequence ? last : noted, damage: damageOf(last, noted) };
}
