import { type ChainHead, EMPTY_CHAIN, readEntry } from './chain.ts';

/** What a check of a ledger found. */
export interface LedgerReport {
  /** How many lines were read. */
  readonly entries: number;
  /** The last entry. Keep it elsewhere: a later check can then say whether this very entry is still there. */
  readonly head: ChainHead;
  /** What was changed, dropped, added or put elsewhere, in words; empty if all is as it was written. */
  readonly problems: readonly string[];
}

/** One line and where it stands. */
export interface LedgerLine {
  readonly text: string;
  /** `ledger-000000000001.jsonl:17` */
  readonly place: string;
}

/** Follows the chain from line to line. `head` is where it must end, or go beyond. */
export async function checkChain(lines: AsyncIterable<LedgerLine>, head: ChainHead | undefined): Promise<LedgerReport> {
  const problems: string[] = [];
  let last: ChainHead = EMPTY_CHAIN;
  let entries = 0;
  let headIsThere = head === undefined || head.sequence === 0;
  for await (const { text, place } of lines) {
    entries += 1;
    const entry = readEntry(text);
    if (entry === undefined) {
      problems.push(`${place}: the line is no entry.`);
      continue;
    }
    if (!entry.isIntact) problems.push(`${place}: entry ${entry.sequence} was changed.`);
    if (entry.sequence !== last.sequence + 1) problems.push(`${place}: ${gap(last.sequence, entry.sequence)}`);
    else if (entry.previous !== last.hash)
      problems.push(`${place}: entry ${entry.sequence} does not follow the one before it.`);
    if (head !== undefined && entry.sequence === head.sequence && entry.hash === head.hash) headIsThere = true;
    last = { sequence: entry.sequence, hash: entry.hash };
  }
  if (!headIsThere && head !== undefined) problems.push(`The end: ${damageOf(last, head)}`);
  return { entries, head: last, problems };
}

function gap(before: number, found: number): string {
  if (found <= before) return `entry ${found} stands behind entry ${before}.`;
  const [first, last] = [before + 1, found - 1];
  return first === last ? `entry ${first} is missing.` : `entries ${first} to ${last} are missing.`;
}

/** What is wrong if the noted entry is not there. */
export function damageOf(last: ChainHead, noted: ChainHead): string {
  if (last.sequence < noted.sequence) return gap(last.sequence, noted.sequence + 1);
  return `entry ${noted.sequence} is not the one that was written last.`;
}
