import type { Ledger } from '../domain/ports.ts';
import { IssuerError, misconfigured } from '../lib/errors.ts';
import { refuseUnknownNames, requireFunction } from '../lib/settings.ts';
import { ChainedLedger, ChainMovedError, type LedgerSink } from './chained-ledger.ts';
import { type LedgerFaultListener, printFault, tell } from './ledger-fault.ts';
import { findPostgresEnd, type PostgresEnd } from './postgres-end.ts';
import { createMissingTables, DEFAULT_TABLE, type PostgresClient, requireTableName } from './postgres-tables.ts';

export interface PostgresLedgerOptions {
  /** Names this node's chain. Give each node its own: two of one name lose nothing, but wait for each other. */
  readonly node: string;
  /** The table; its heads are in a second one with `_heads` behind the name. Default `issuer_ledger`. */
  readonly table?: string;
  /** Told once of what is wrong and does not stop the ledger. Default: one line on standard error. */
  readonly onFault?: LedgerFaultListener;
}

/**
 * A ledger in PostgreSQL, for fleets: one chain for each node, the same lines as in files. An entry and the head of its
 * chain are written in one statement. If rows of the end are gone, the chain goes on behind the noted head, `onFault` is
 * told `ledger_damaged`, and every later check names the gap. If another process writes the same chain, both go on
 * behind each other, and `onFault` is told `ledger_shared`. The tables are created if they are missing; if they are
 * there, a role suffices that may append to the table and note heads: see {@link migrateLedger}.
 *
 * @throws {IssuerError} `invalid_configuration`; `ledger_unavailable` if the tables cannot be read or created
 */
export async function postgresLedger(client: PostgresClient, options: PostgresLedgerOptions): Promise<Ledger> {
  refuseUnknownNames('postgresLedger', options, ['node', 'table', 'onFault']);
  const { node, table = DEFAULT_TABLE, onFault = printFault } = options;
  if (typeof node !== 'string' || node === '') throw misconfigured('node must name this node, such as its host name.');
  requireTableName(table);
  requireFunction('onFault', onFault, 'a function, or leave it out');
  const { head, damage } = await openTables(client, table, node);
  if (damage !== undefined) {
    tell(onFault, new IssuerError('ledger_damaged', `The ledger of ${node} was changed: ${damage}`));
  }
  const sink = sinkOf(client, table, node);
  return new ChainedLedger(node, sink, head, () => tell(onFault, sharedBy(node)));
}

function sharedBy(node: string): IssuerError {
  const message = `Another process writes the ledger as node ${node}. Give each its own ISSUER_NODE.`;
  return new IssuerError('ledger_shared', message);
}

async function openTables(client: PostgresClient, table: string, node: string): Promise<PostgresEnd> {
  try {
    await createMissingTables(client, table);
    return await findPostgresEnd(client, table, node);
  } catch (cause) {
    if (cause instanceof IssuerError) throw cause;
    throw new IssuerError('ledger_unavailable', `The ledger table ${table} cannot be used.`, { cause });
  }
}

function sinkOf(client: PostgresClient, table: string, node: string): LedgerSink {
  return {
    async write(lines, { sequence, hash }) {
      const first = sequence - lines.length + 1;
      try {
        await client.query(
          `WITH written AS (
             INSERT INTO ${table} SELECT $1, $2::bigint + place - 1, line
             FROM unnest($3::text[]) WITH ORDINALITY AS given (line, place))
           INSERT INTO ${table}_heads VALUES ($1, $4, $5)
           ON CONFLICT (node) DO UPDATE SET sequence = $4, hash = $5`,
          [node, first, lines, sequence, hash],
        );
      } catch (cause) {
        // A line of this number is there already: nothing of the batch was kept.
        throw isUniqueViolation(cause) ? new ChainMovedError(cause) : cause;
      }
    },
    readHead: async () => (await findPostgresEnd(client, table, node)).head,
    async check() {
      // All that a write needs: the right to append, although nothing is, and a row that changes. A standby answers a SELECT.
      await client.query(
        `WITH appended AS (INSERT INTO ${table} SELECT $1, 0, '' WHERE false)
         INSERT INTO ${table}_heads AS heads VALUES ($1, 0, '')
         ON CONFLICT (node) DO UPDATE SET sequence = heads.sequence`,
        [node],
      );
    },
    // The pool belongs to the caller, who ends it.
    async close() {},
  };
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
