import { parseArgs } from 'node:util';
import type { LedgerReport } from '../ledger/check-chain.ts';
import { verifyLedger } from '../ledger/ledger-files.ts';
import { IssuerError, misconfigured } from '../lib/errors.ts';
import type { Variables } from './environment.ts';
import { readCheckpoints, readVerificationKeys } from './ledger-proofs.ts';

export const VERIFY_USAGE: string = 'ledger verify <folder> [--checkpoint <checkpoint or file>]... [--keys <file>]...';

/** `ledger verify`: exits with 0 if every line is as it was written, else with 1. */
export async function runVerify(args: readonly string[], variables: Variables): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { checkpoint: { type: 'string', multiple: true }, keys: { type: 'string', multiple: true } },
  });
  const [folder] = positionals;
  if (folder === undefined) throw misconfigured(`Usage: verified-mobile-issuer ${VERIFY_USAGE}.`);
  const checkpoints = readCheckpoints(values.checkpoint ?? []);
  const keys = readVerificationKeys(values.keys ?? [], variables);
  if (checkpoints.length > 0 && keys === undefined) {
    throw misconfigured('--checkpoint needs --keys <file>, or ISSUER_KEYS: the keys that signed it.');
  }
  return printReport(await verifyFolder(folder, { checkpoints, ...(keys && { keys }) }), checkpoints.length);
}

async function verifyFolder(folder: string, options: Parameters<typeof verifyLedger>[1]): Promise<LedgerReport> {
  try {
    return await verifyLedger(folder, options);
  } catch (cause) {
    throw new IssuerError('ledger_unavailable', `${folder} cannot be read.`, { cause });
  }
}

function printReport({ entries, head, problems }: LedgerReport, checkpoints: number): number {
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  const proven = checkpoints === 0 ? '' : ` Checkpoints that were checked: ${checkpoints}.`;
  const verdict = problems.length === 0 ? `All as written.${proven}` : `${problems.length} problems.`;
  process.stdout.write(`${entries} entries. ${verdict} Head ${head.sequence}:${head.hash}\n`);
  return problems.length === 0 ? 0 : 1;
}
