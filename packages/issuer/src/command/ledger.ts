import { migrateLedger } from '../ledger/postgres-tables.ts';
import { misconfigured } from '../lib/errors.ts';
import type { Variables } from '../lib/read-setting.ts';
import { withLedgerDatabase } from './ledger-database.ts';
import { ARCHIVE_USAGE, runArchive } from './ledger-archive.ts';
import { FIND_USAGE, runFind } from './ledger-find.ts';
import { runVerify, VERIFY_USAGE } from './ledger-verify.ts';

/** `ledger verify`, `ledger find`, `ledger archive` and `ledger migrate`. */
export async function runLedger([action, ...args]: readonly string[], variables: Variables): Promise<number> {
  if (action === 'verify') return runVerify(args, variables);
  if (action === 'find') return runFind(args, variables);
  if (action === 'archive') return runArchive(args, variables);
  if (action === 'migrate' && args.length === 0) return runMigrate(variables);
  throw misconfigured(
    `Usage: verified-mobile-issuer ${VERIFY_USAGE}; ${FIND_USAGE}; ${ARCHIVE_USAGE}; or ledger migrate.`,
  );
}

async function runMigrate(variables: Variables): Promise<number> {
  await withLedgerDatabase(variables, async (client, table) => {
    await migrateLedger(client, { table });
    process.stdout.write(`The tables ${table} and ${table}_heads are there.\n`);
  });
  return 0;
}
