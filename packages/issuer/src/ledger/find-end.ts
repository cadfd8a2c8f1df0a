import { join } from 'node:path';
import { IssuerError } from '../lib/errors.ts';
import { type ChainHead, EMPTY_CHAIN, readEntry } from './chain.ts';
import { damageOf } from './check-chain.ts';
import { fileLines } from './file-lines.ts';
import { readStart } from './ledger-start.ts';
import { fileNameFor, HEAD_FILE, ledgerFiles, readHead } from './ledger-files.ts';

/** Where a folder goes on. */
export interface LedgerEnd {
  readonly file: string;
  /** How much of the file stays: behind that is a line that a crash tore. */
  readonly size: number;
  /** What the next entry stands behind. */
  readonly head: ChainHead;
  /** What was noted as written and is not there, in words. */
  readonly damage: string | undefined;
}

/** What the files say of their end. */
interface Tail {
  readonly last: ChainHead;
  /** Whether the noted entry is there. */
  readonly isNotedThere: boolean;
  /** Bytes of whole lines in the newest file. */
  readonly size: number;
}

/** Behind the last entry or, if the noted one is not there, behind that one: the gap then stays for every later check. */
export async function findEnd(folder: string): Promise<LedgerEnd> {
  const files = await ledgerFiles(folder);
  const noted = await readHead(folder);
  const start = (await readStart(folder))?.head ?? EMPTY_CHAIN;
  const { last, isNotedThere, size } = await readTail(folder, files, start, noted ?? EMPTY_CHAIN);
  const newest = files.at(-1) ?? fileNameFor((noted ?? last).sequence + 1);
  if (noted !== undefined && !isNotedThere) {
    // A file of its own, so that what is left of the old one stays as it was found.
    const next = fileNameFor(noted.sequence + 1);
    const place = newest < next ? { file: next, size: 0 } : { file: newest, size };
    return { ...place, head: noted, damage: damageOf(last, noted) };
  }
  const isNoteMissing = noted === undefined && last.sequence > 0;
  const damage = isNoteMissing ? `${HEAD_FILE} is missing: whether the end was cut cannot be checked.` : undefined;
  return { file: newest, size, head: last, damage };
}

/** Reads from the file that should hold the noted entry: usually the newest one. */
async function readTail(folder: string, files: readonly string[], start: ChainHead, noted: ChainHead): Promise<Tail> {
  const first = files.findLastIndex((file) => file <= fileNameFor(noted.sequence));
  let last = start;
  // All others may be archived, and the newest file be empty yet.
  let isNotedThere = noted.sequence === 0 || (noted.sequence === start.sequence && noted.hash === start.hash);
  let size = 0;
  for (const file of files.slice(Math.max(first, 0))) {
    let lastLine: string | undefined;
    size = 0;
    for await (const { bytes, isEnded } of fileLines(join(folder, file))) {
      if (!isEnded) break;
      size += bytes.byteLength + 1;
      lastLine = bytes.toString();
      isNotedThere ||= isEntry(lastLine, noted);
    }
    if (lastLine !== undefined) last = requireEntry(lastLine, file);
  }
  return { last, isNotedThere, size };
}

/** Parsed only if it looks like it: the folder may hold millions of lines. */
function isEntry(line: string, { sequence, hash }: ChainHead): boolean {
  return line.endsWith(`"hash":"${hash}"}`) && readEntry(line)?.sequence === sequence;
}

function requireEntry(line: string, file: string): ChainHead {
  const entry = readEntry(line);
  if (entry !== undefined) return { sequence: entry.sequence, hash: entry.hash };
  throw new IssuerError(
    'ledger_unavailable',
    `The last line of ${file} is no entry. Run "ledger verify" on its folder.`,
  );
}
