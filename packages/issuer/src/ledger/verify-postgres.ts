import { EMPTY_CHAIN, type ChainHead } from './chain.ts';
import { checkChain, type LedgerLine, type LedgerReport } from './check-chain.ts';
import type { PostgresLedgerOptions } from './postgres-ledger.ts';
import { DEFAULT_TABLE, type PostgresClient, requireTableName } from './postgres-tables.ts';

const PAGE = 5_000;

/** Checks the chain of one node, line by line. */
export async function verifyPostgresLedger(
  client: PostgresClient,
  { node, table = DEFAULT_TABLE }: Pick<PostgresLedgerOptions, 'node' | 'table'>,
): Promise<LedgerReport> {
  requireTableName(table);
  return checkChain(linesOf(client, table, node), await headOf(client, table, node));
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
