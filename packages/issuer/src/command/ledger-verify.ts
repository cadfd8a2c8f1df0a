import { parseArgs } from 'node:util';
import type { LedgerReport } from '../ledger/check-chain.ts';
import type { LedgerVerification } from '../ledger/expected-entries.ts';
import { verifyLedger } from '../ledger/verify-folder.ts';
import { postgresLedgerNodes, verifyPostgresLedger } from '../ledger/verify-postgres.ts';
import { IssuerError, misconfigured } from '../lib/errors.ts';
import type { Variables } from '../lib/read-setting.ts';
import { withLedgerDatabase } from './ledger-database.ts';
import { type GivenCheckpoint, readCheckpoints, readVerificationKeys } from './ledger-proofs.ts';

export const VERIFY_USAGE: string =
  'ledger verify <folder>, or ledger verify --postgres, with [--node <name>] ' +
  '[--checkpoint <checkpoint or file>]... [--keys <file>]...';

/** `ledger verify`: exits with 0 if every line is as it was written, else with 1. */
export async function runVerify(args: readonly string[], variables: Variables): Promise<number> {
  const { folder, node, ...values } = parse(args);
  const checkpoints = readCheckpoints(values.checkpoint ?? []).filter(({ chain }) => chain === (node ?? chain));
  const keys = readVerificationKeys(values.keys ?? [], variables);
  if (checkpoints.length > 0 && keys === undefined) {
    throw misconfigured('--checkpoint needs --keys <file>, or ISSUER_KEYS: the keys that signed it.');
  }
  const proofs = (given: readonly GivenCheckpoint[]): LedgerVerification => ({
    checkpoints: given.map(({ text }) => text),
    ...(keys && { keys }),
  });
  if (folder !== undefined) return printReport('', await verifyFolder(folder, proofs(checkpoints)), checkpoints.length);
  return verifyNodes(variables, node, checkpoints, proofs);
}

interface VerifyArguments {
  /** `undefined` for PostgreSQL. */
  readonly folder: string | undefined;
  readonly node?: string | undefined;
  readonly checkpoint?: string[] | undefined;
  readonly keys?: string[] | undefined;
}

function parse(args: readonly string[]): VerifyArguments {
  const many = { type: 'string', multiple: true } as const;
  const options = { postgres: { type: 'boolean' }, node: { type: 'string' }, checkpoint: many, keys: many } as const;
  try {
    const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options });
    const { postgres = false, ...others } = values;
    const [folder] = positionals;
    if (positionals.length === (postgres ? 0 : 1)) return { folder, ...others };
  } catch {
    // The usage says what there is.
  }
  throw misconfigured(`Usage: verified-mobile-issuer ${VERIFY_USAGE}.`);
}

async function verifyFolder(folder: string, options: LedgerVerification): Promise<LedgerReport> {
  try {
    return await verifyLedger(folder, options);
  } catch (cause) {
    throw new IssuerError('ledger_unavailable', `${folder} cannot be read.`, { cause });
  }
}

/** One chain, or all that there are, and those that checkpoints say there were. */
async function verifyNodes(
  variables: Variables,
  only: string | undefined,
  checkpoints: readonly GivenCheckpoint[],
  proofs: (given: readonly GivenCheckpoint[]) => LedgerVerification,
): Promise<number> {
  return withLedgerDatabase(variables, async (client, table) => {
    const known = new Set([...(await postgresLedgerNodes(client, table)), ...checkpoints.map(({ chain }) => chain)]);
    const nodes = [...known].filter((node) => node === (only ?? node)).toSorted();
    if (nodes.length === 0)
      throw new IssuerError('ledger_unavailable', `There is no chain${only ? ` of ${only}` : ''}.`);
    let exitCode = 0;
    for (const node of nodes) {
      const own = checkpoints.filter(({ chain }) => chain === node);
      const report = await verifyPostgresLedger(client, { node, table, ...proofs(own) });
      exitCode = Math.max(exitCode, printReport(`${node}: `, report, own.length));
    }
    return exitCode;
  });
}

function printReport(prefix: string, { entries, head, problems }: LedgerReport, checkpoints: number): number {
  for (const problem of problems) process.stdout.write(`${prefix}${problem}\n`);
  const proven = checkpoints === 0 ? '' : ` Checkpoints that were checked: ${checkpoints}.`;
  const verdict = problems.length === 0 ? `All as written.${proven}` : `${problems.length} problems.`;
  process.stdout.write(`${prefix}${entries} entries. ${verdict} Head ${head.sequence}:${head.hash}\n`);
  return problems.length === 0 ? 0 : 1;
}
