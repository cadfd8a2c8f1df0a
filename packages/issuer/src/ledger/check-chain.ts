import { type ChainHead, type ReadEntry, readEntry } from './chain.ts';

/** What a check of a ledger found. */
export interface LedgerReport {
  /** How many lines were read. */
  readonly entries: number;
  /** The last entry. */
  readonly head: ChainHead;
  /** What was changed, dropped, added or put elsewhere, in words; empty if all is as it was written. */
  readonly problems: readonly string[];
}

/** One line and where it stands. */
export interface LedgerLine {
  /** `undefined` if its bytes are no UTF-8. */
  readonly text: string | undefined;
  /** `ledger-000000000001.jsonl:17` */
  readonly place: string;
  /** Whether a line feed follows. */
  readonly isEnded: boolean;
}

/** An entry that must be there, and who says so. */
export interface ExpectedEntry extends ChainHead {
  readonly name: string;
}

/** What is known of a chain beforehand. */
export interface KnownOfChain {
  /** The entry that it begins behind. Lines up to that one may still be there; they must then lead to it. */
  readonly start: ChainHead;
  /** Where it must end, or go beyond. */
  readonly head: ChainHead | undefined;
  readonly expected: readonly ExpectedEntry[];
}

/** Follows the chain from line to line. */
export async function checkChain(lines: AsyncIterable<LedgerLine>, known: KnownOfChain): Promise<LedgerReport> {
  const check = new ChainCheck(known);
  let open: LedgerLine | undefined;
  for await (const line of lines) {
    if (open !== undefined) check.read(open);
    open = line.isEnded ? undefined : line;
    if (line.isEnded) check.read(line);
  }
  // Behind the noted head it is being written, or was torn by a crash: no caller was told that it was written.
  if (open !== undefined && !check.hasHead) check.read(open);
  return check.end();
}

class ChainCheck {
  readonly #head: ChainHead | undefined;
  /** By their numbers: there may be a checkpoint for each hour of years. */
  readonly #expected = new Map<number, ExpectedEntry[]>();
  readonly #problems: string[] = [];
  readonly #start: ChainHead;
  #last: ChainHead;
  #entries = 0;
  /** Whether the noted head was read. */
  hasHead: boolean;

  constructor({ start, head, expected }: KnownOfChain) {
    this.#start = start;
    this.#last = start;
    this.#head = head;
    this.hasHead = head?.sequence === 0;
    for (const entry of expected) this.#expect(entry);
    this.#found(start);
  }

  #expect(entry: ExpectedEntry): void {
    this.#expected.set(entry.sequence, [...(this.#expected.get(entry.sequence) ?? []), entry]);
  }

  #found({ sequence, hash }: ChainHead): void {
    if (sequence === this.#head?.sequence && hash === this.#head.hash) this.hasHead = true;
    const others = this.#expected.get(sequence)?.filter((expected) => expected.hash !== hash);
    if (others !== undefined) this.#expected.set(sequence, others);
  }

  read({ text, place, isEnded }: LedgerLine): void {
    this.#entries += 1;
    const say = (problem: string): void => void this.#problems.push(`${place}: ${problem}`);
    if (!isEnded) say('the line has no line feed behind it.');
    if (text === undefined) return say('the line is no UTF-8.');
    if (text.endsWith('\r')) say('a carriage return was put behind the line.');
    const entry = readEntry(text.replace(/\r+$/, ''));
    if (entry === undefined) return say('the line is no entry.');
    const { sequence, hash, previous, isIntact } = entry;
    if (this.#last === this.#start && sequence <= this.#start.sequence) this.#beginBefore(entry);
    if (!isIntact) say(`entry ${sequence} was changed.`);
    if (sequence !== this.#last.sequence + 1) say(gap(this.#last.sequence, sequence));
    else if (previous !== this.#last.hash) say(`entry ${sequence} does not follow the one before it.`);
    this.#last = { sequence, hash };
    this.#found(this.#last);
  }

  /** With lines that are in the archive already, as a crash has left them. */
  #beginBefore({ sequence, previous }: ReadEntry): void {
    this.#last = { sequence: sequence - 1, hash: previous };
    this.#expect({ ...this.#start, name: 'The start' });
  }

  end(): LedgerReport {
    if (this.#head !== undefined && !this.hasHead) this.#problems.push(`The end: ${damageOf(this.#last, this.#head)}`);
    for (const { name, ...entry } of [...this.#expected.values()].flat()) {
      const isArchived = entry.sequence < this.#start.sequence;
      const problem = isArchived
        ? `entry ${entry.sequence} is in an archive: check it there.`
        : damageOf(this.#last, entry);
      this.#problems.push(`${name}: ${problem}`);
    }
    return { entries: this.#entries, head: this.#last, problems: this.#problems };
  }
}

/** What is wrong if the noted entry is not there. */
export function damageOf(last: ChainHead, noted: ChainHead): string {
  if (last.sequence < noted.sequence) return gap(last.sequence, noted.sequence + 1);
  return `entry ${noted.sequence} is not the one that was written then.`;
}

function gap(before: number, found: number): string {
  if (found <= before) return `entry ${found} stands behind entry ${before}.`;
  const [first, last] = [before + 1, found - 1];
  return first === last ? `entry ${first} is missing.` : `entries ${first} to ${last} are missing.`;
}
