import { isUtf8 } from 'node:buffer';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChainHead } from './chain.ts';
import { fileLines } from './file-lines.ts';
import { expectedEntries, type LedgerVerification, requireVerificationOptions } from './expected-entries.ts';
import { checkChain, type LedgerLine, type LedgerReport } from './check-chain.ts';

export const HEAD_FILE = 'head.json';
export const LOCK_FILE = 'writer.lock';
const LEDGER_FILE = /^ledger-[0-9]{12}\.jsonl$/;

/** Named by the entry that it begins with, so that the order of the names is the order of the entries. */
export function fileNameFor(firstSequence: number): string {
  return `ledger-${String(firstSequence).padStart(12, '0')}.jsonl`;
}

export async function ledgerFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => LEDGER_FILE.test(name)).toSorted();
}

/** @returns `undefined` if there is no note of the last entry, or one that says nothing */
export async function readHead(folder: string): Promise<ChainHead | undefined> {
  try {
    const { sequence, hash } = JSON.parse(await readFile(join(folder, HEAD_FILE), 'utf8')) as Partial<ChainHead>;
    return Number.isSafeInteger(sequence) && typeof hash === 'string'
      ? { sequence: Number(sequence), hash }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Renamed into place: a crash leaves the old head or the new one, never half of one. */
export async function writeHead(folder: string, head: ChainHead): Promise<void> {
  const draft = join(folder, `${HEAD_FILE}.new`);
  await writeFile(draft, JSON.stringify(head), { mode: 0o600 });
  await rename(draft, join(folder, HEAD_FILE));
}

/**
 * Checks every byte of every line of a folder that {@link openFileLedger} wrote, also while it is being written.
 * The last one is known by the ledger's own note, and by the checkpoints: an attacker who rewrites the whole folder
 * rewrites the note too.
 *
 * @throws {IssuerError} `invalid_configuration`; and what the file system throws
 */
export async function verifyLedger(folder: string, options: LedgerVerification = {}): Promise<LedgerReport> {
  requireVerificationOptions('verifyLedger', options);
  const expected = expectedEntries('verifyLedger', options);
  // Before the lines: those that are written meanwhile stand behind it.
  const head = await readHead(folder);
  const report = await checkChain(linesOf(folder), head, expected.entries);
  const isUnchecked = head === undefined && report.entries > 0;
  const unchecked = isUnchecked ? [`${HEAD_FILE} is missing: the end cannot be checked.`] : [];
  return { ...report, problems: [...report.problems, ...unchecked, ...expected.problems] };
}

async function* linesOf(folder: string): AsyncGenerator<LedgerLine> {
  for (const file of await ledgerFiles(folder)) {
    let number = 0;
    for await (const { bytes, isEnded } of fileLines(join(folder, file))) {
      number += 1;
      // Bytes that are no UTF-8 would be read as U+FFFD, and two lines as one.
      yield { text: isUtf8(bytes) ? bytes.toString() : undefined, place: `${file}:${number}`, isEnded };
    }
  }
}
