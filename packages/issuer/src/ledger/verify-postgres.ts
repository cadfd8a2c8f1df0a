import { requireText } from '../lib/settings.ts';
import { type ChainHead, EMPTY_CHAIN } from './chain.ts';
import { checkChain, type LedgerLine, type LedgerReport } from './check-chain.ts';
import { expectedEntries, type LedgerVerification, requireVerificationOptions } from './expected-entries.ts';
import { DEFAULT_TABLE, type PostgresClient, requireTableName } from './postgres-tables.ts';

const PAGE = 5_000;

export interface PostgresLedgerVerification extends LedgerVerification {
  /** Whose chain. Checkpoints of other chains prove nothing. */
  readonly node: string;
  /** Default `issuer_ledger`. */
  readonly table?: string;
}

/**
 * Checks the chain of one node, line by line.
 *
 * @throws {IssuerError} `invalid_configuration`; and what the client throws
 */
export async function verifyPostgresLedger(
  client: PostgresClient,
  options: PostgresLedgerVerification,
): Promise<LedgerReport> {
  requireVerificationOptions('verifyPostgresLedger', options, ['node', 'table']);
  const { node, table = DEFAULT_TABLE } = options;
  requireText('node', node, 'the name of a node');
  requireTableName(table);
  const expected = expectedEntries('verifyPostgresLedger', options, node);
  // Before the lines: those that are written meanwhile stand behind it.
  const head = await headOf(client, table, node);
  const report = await checkChain(postgresLines(client, node, table), {
    start: EMPTY_CHAIN,
    head,
    expected: expected.entries,
  });
  return { ...report, problems: [...report.problems, ...expected.problems] };
}

/** Every node that has a chain, or had one. */
export async function postgresLedgerNodes(client: PostgresClient, table: string = DEFAULT_TABLE): Promise<string[]> {
  // From name to name by the index: to look at every line would take minutes.
  const { rows } = await client.query(
    `WITH RECURSIVE nodes AS (
       SELECT (SELECT node FROM ${table} ORDER BY node LIMIT 1) AS node
       UNION ALL
       SELECT (SELECT node FROM ${table} WHERE node > nodes.node ORDER BY node LIMIT 1) FROM nodes WHERE node IS NOT NULL)
     SELECT node FROM nodes WHERE node IS NOT NULL UNION SELECT node FROM ${table}_heads`,
  );
  return rows.map(({ node }) => String(node));
}

async function headOf(client: PostgresClient, table: string, node: string): Promise<ChainHead> {
  const { rows } = await client.query(`SELECT sequence, hash FROM ${table}_heads WHERE node = $1`, [node]);
  const [head] = rows;
  return head === undefined ? EMPTY_CHAIN : { sequence: Number(head['sequence']), hash: String(head['hash']) };
}

export async function* postgresLines(
  client: PostgresClient,
  node: string,
  table: string = DEFAULT_TABLE,
): AsyncGenerator<LedgerLine> {
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
