import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyLedger, verifyPostgresLedger } from '@verified-mobile/issuer/ledger';
import pg from 'pg';
import type { Stage } from './stage.ts';

/** What is read of a line. */
export interface LedgerEntry {
  readonly at: number;
  readonly kind: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly tid?: string;
  readonly challengeId?: string;
  readonly tokenId?: string;
  /** How many events are missing; in lines of kind `loss`. */
  readonly lost?: number;
}

export interface NodeLedger {
  readonly node: string;
  readonly entries: readonly LedgerEntry[];
  /** What `ledger verify` finds. */
  readonly problems: readonly string[];
}

/** Both ledgers. Only when their nodes have ended. */
export async function readLedgers({ onPostgres, onDisk, postgres, ledgerFolder }: Stage): Promise<NodeLedger[]> {
  return [await readTable(postgres.url, onPostgres.name), await readFolder(ledgerFolder, onDisk.name)];
}

async function readFolder(folder: string, node: string): Promise<NodeLedger> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  const lines = files.toSorted().flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'));
  return { node, entries: entriesOf(lines), problems: (await verifyLedger(folder)).problems };
}

async function readTable(url: string, node: string): Promise<NodeLedger> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string }>('SELECT line FROM issuer_ledger ORDER BY sequence');
    const { problems } = await verifyPostgresLedger(client, { node });
    return { node, entries: entriesOf(rows.map(({ line }) => line)), problems };
  } finally {
    await client.end();
  }
}

function entriesOf(lines: readonly string[]): LedgerEntry[] {
  return lines.map((line) => JSON.parse(line) as LedgerEntry);
}
