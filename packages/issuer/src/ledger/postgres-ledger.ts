import type { Ledger } from '../domain/ports.ts';
import { IssuerError, misconfigured } from '../lib/errors.ts';
import { refuseUnknownNames, requireFunction } from '../lib/settings.ts';
import { type ChainHead, EMPTY_CHAIN, readEntry } from './chain.ts';
import { ChainedLedger, type LedgerSink } from './chained-ledger.ts';
import { checkChain, damageOf, type LedgerLine, type LedgerReport } from './check-chain.ts';
import { type LedgerFaultListener, printFault } from './ledger-fault.ts';

/** A pool or client of `pg`, by what is used of it. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

export interface PostgresLedgerOptions {
  /** Names this node's chain: each node writes its own, and two with one name are refused. */
  readonly node: string;
  /** The table; its heads are in a second one with `_heads` behind the name. Default `issuer_ledger`. */
  readonly table?: string;
  /** Told once of what is wrong and does not stop the ledger. Default: one line on standard error. */
  readonly onFault?: LedgerFaultListener;
}

const PAGE = 5_000;

/**
 * A ledger in PostgreSQL, for fleets: one chain for each node, the same lines as in files. An entry and the head of its
 * chain are written in one statement. If rows of the end are gone, the chain goes on behind the noted head, `onFault` is
 * told `ledger_damaged`, and every later check names the gap. The tables are created if they are missing.
 *
 * @throws {IssuerError} `invalid_configuration`; `ledger_unavailable` if the tables cannot be read or created
 */
export async function postgresLedger(client: PostgresClient, options: PostgresLedgerOptions): Promise<Ledger> {
  refuseUnknownNames('postgresLedger', options, ['node', 'table', 'onFault']);
  const { node, table = 'issuer_ledger', onFault = printFault } = options;
  if (typeof node !== 'string' || node === '') throw misconfigured('node must name this node, such as its host name.');
  requireTableName(table);
  requireFunction('onFault', onFault, 'a function, or leave it out');
  const { head, damage } = await openTables(client, table, node);
  if (damage !== undefined) onFault(new IssuerError('ledger_damaged', `The ledger of ${node} was changed: ${damage}`));
  return new ChainedLedger(sinkOf(client, table, node), head);
}

async function openTables(client: PostgresClient, table: string, node: string): Promise<PostgresEnd> {
  try {
    await client.query(tablesNamed(table));
    return await findEnd(client, table, node);
  } catch (cause) {
    throw new IssuerError('ledger_unavailable', `The ledger table ${table} cannot be used.`, { cause });
  }
}

/** Checks the chain of one node, line by line. */
export async function verifyPostgresLedger(
  client: PostgresClient,
  { node, table = 'issuer_ledger' }: PostgresLedgerOptions,
): Promise<LedgerReport> {
  requireTableName(table);
  return checkChain(linesOf(client, table, node), await headOf(client, table, node));
}

function requireTableName(table: unknown): void {
  if (typeof table === 'string' && /^[a-z_][a-z0-9_]{0,50}$/.test(table)) return;
  throw misconfigured('table must be a name of small letters, digits and underscores.');
}

function tablesNamed(table: string): string {
  return `
    CREATE TABLE IF NOT EXISTS ${table} (
      node text NOT NULL, sequence bigint NOT NULL, line text NOT NULL,
      PRIMARY KEY (node, sequence));
    CREATE TABLE IF NOT EXISTS ${table}_heads (
      node text PRIMARY KEY, sequence bigint NOT NULL, hash text NOT NULL);`;
}

function sinkOf(client: PostgresClient, table: string, node: string): LedgerSink {
  return {
    async write(lines, { sequence, hash }) {
      const first = sequence - lines.length + 1;
      // A second writer of this chain fails on the primary key, and nothing of its batch is kept.
      await client.query(
        `WITH written AS (
           INSERT INTO ${table} SELECT $1, $2::bigint + place - 1, line
           FROM unnest($3::text[]) WITH ORDINALITY AS given (line, place))
         INSERT INTO ${table}_heads VALUES ($1, $4, $5)
         ON CONFLICT (node) DO UPDATE SET sequence = $4, hash = $5`,
        [node, first, lines, sequence, hash],
      );
    },
    readHead: async () => (await findEnd(client, table, node)).head,
    async check() {
      // A standby answers a SELECT.
      await client.query(
        `INSERT INTO ${table}_heads AS heads VALUES ($1, 0, '')
         ON CONFLICT (node) DO UPDATE SET sequence = heads.sequence`,
        [node],
      );
    },
    // The pool belongs to the caller, who ends it.
    async close() {},
  };
}

/** Where a chain goes on, and what was noted as written and is not there. */
interface PostgresEnd {
  readonly head: ChainHead;
  readonly damage: string | undefined;
}

/** Behind the last row or, if rows of the end are gone, behind the noted head: the gap then stays for every later check. */
async function findEnd(client: PostgresClient, table: string, node: string): Promise<PostgresEnd> {
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
  if (entry === undefined)
    throw new IssuerError('ledger_unavailable', `The last line of ${node} in ${table} is no entry.`);
  const last = { sequence: entry.sequence, hash: entry.hash };
  if (last.hash === noted.hash) return { head: noted, damage: undefined };
  // A row stands behind the noted one: its number is taken.
  return { head: last.sequence > noted.sequence ? last : noted, damage: damageOf(last, noted) };
}

async function headOf(client: PostgresClient, table: string, node: string): Promise<ChainHead> {
  const { rows } = await client.query(`SELECT sequence, hash FROM ${table}_heads WHERE node = $1`, [node]);
  const [head] = rows;
  return head === undefined ? EMPTY_CHAIN : { sequence: Number(head['sequence']), hash: String(head['hash']) };
}

async function* linesOf(client: PostgresClient, table: string, node: string): AsyncGenerator<LedgerLine> {
  const text = `SELECT sequence, line FROM ${table} WHERE node = $1 AND sequence > $2 ORDER BY sequence LIMIT ${PAGE}`;
  let after = -1;
  for (;;) {
    const { rows } = await client.query(text, [node, after]);
    for (const { line, sequence } of rows) {
      yield { text: String(line), place: `${table} ${String(sequence)}`, isEnded: true };
    }
    if (rows.length < PAGE) return;
    after = Number(rows.at(-1)?.['sequence']);
  }
}
