import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import { EMPTY_CHAIN } from './chain.ts';
import { checkChain, type LedgerLine, type LedgerReport } from './check-chain.ts';
import { expectedEntries, type LedgerVerification, requireVerificationOptions } from './expected-entries.ts';
import { fileLines } from './file-lines.ts';
import { HEAD_FILE, ledgerFiles, readHead } from './ledger-files.ts';
import { problemsOfStart, readStart } from './ledger-start.ts';

/**
 * Checks every byte of every line of a folder that {@link openFileLedger} wrote, also while it is being written, or of
 * an archive of one. The last entry is known by the ledger's own note, and by the checkpoints: an attacker who rewrites
 * the whole folder rewrites the note too. If entries were archived, the first one is known by a checkpoint in the folder.
 *
 * @throws {IssuerError} `invalid_configuration`; and what the file system throws
 */
export async function verifyLedger(folder: string, options: LedgerVerification = {}): Promise<LedgerReport> {
  requireVerificationOptions('verifyLedger', options);
  const expected = expectedEntries('verifyLedger', options);
  const start = await readStart(folder);
  // Before the lines: those that are written meanwhile stand behind it.
  const head = await readHead(folder);
  const report = await checkChain(folderLines(folder), {
    start: start?.head ?? EMPTY_CHAIN,
    head,
    expected: expected.entries,
  });
  const isUnchecked = head === undefined && report.entries > 0;
  const problems = [
    ...(start === undefined ? [] : problemsOfStart(start, options.keys)),
    ...report.problems,
    ...(isUnchecked ? [`${HEAD_FILE} is missing: the end cannot be checked.`] : []),
    ...expected.problems,
  ];
  return { ...report, problems };
}

export async function* folderLines(folder: string): AsyncGenerator<LedgerLine> {
  for (const file of await ledgerFiles(folder)) {
    let number = 0;
    for await (const { bytes, isEnded } of fileLines(join(folder, file))) {
      number += 1;
      // Bytes that are no UTF-8 would be read as U+FFFD, and two lines as one.
      yield { text: isUtf8(bytes) ? bytes.toString() : undefined, place: `${file}:${number}`, isEnded };
    }
  }
}
