import { parseArgs } from 'node:util';
import type { ChainHead } from '../ledger/chain.ts';
import type { LedgerReport } from '../ledger/check-chain.ts';
import { verifyLedger } from '../ledger/ledger-files.ts';
import { IssuerError, misconfigured } from '../lib/errors.ts';

const USAGE = 'Usage: verified-mobile-issuer ledger verify <folder> [--head <sequence>:<hash>].';

/** `ledger verify <folder>`: exits with 0 if every line is as it was written, else with 1. */
export async function runVerify(args: readonly string[]): Promise<number> {
  const options = { head: { type: 'string' } } as const;
  const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [folder] = positionals;
  if (folder === undefined) throw misconfigured(USAGE);
  const report = await verify(folder, values.head === undefined ? undefined : readHead(values.head));
  for (const problem of report.problems) process.stdout.write(`${problem}\n`);
  const { sequence, hash } = report.head;
  const verdict = report.problems.length === 0 ? 'All as written.' : `${report.problems.length} problems.`;
  process.stdout.write(`${report.entries} entries. ${verdict} Head ${sequence}:${hash}\n`);
  return report.problems.length === 0 ? 0 : 1;
}

async function verify(folder: string, head: ChainHead | undefined): Promise<LedgerReport> {
  try {
    return await verifyLedger(folder, head);
  } catch (cause) {
    throw new IssuerError('ledger_unavailable', `${folder} cannot be read.`, { cause });
  }
}

function readHead(text: string): ChainHead {
  const [, sequence, hash] = /^([0-9]+):([A-Za-z0-9_-]{43})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined) throw misconfigured(USAGE);
  return { sequence: Number(sequence), hash };
}
