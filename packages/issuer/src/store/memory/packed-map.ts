import { IssuerError } from '../../lib/errors.ts';

const SEPARATOR = '\n';
const VISITED_PER_WRITE = 2;

/** A row of texts; the first one is the instant until which it is kept, milliseconds since the epoch. */
export type Row = readonly [until: string, ...fields: string[]];

/**
 * Rows that end by themselves, each as one flat text: a third of the memory that objects take. A row that still counts
 * is never dropped for another one; a full map refuses.
 */
export class PackedMap {
  readonly #rows = new Map<string, string>();
  readonly #maxRows: number;
  #sweeper: IterableIterator<[string, string]> = this.#rows.entries();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  get(key: string, now: number): Row | undefined {
    const text = this.#rows.get(key);
    if (text === undefined || untilOf(text) <= now) return undefined;
    return text.split(SEPARATOR) as unknown as Row;
  }

  set(key: string, row: Row, now: number): void {
    if (!this.#rows.has(key)) this.#makeRoom(now);
    // Joined and not concatenated: a concatenation keeps all its parts alive as a tree.
    this.#rows.set(key, row.join(SEPARATOR));
  }

  delete(key: string): void {
    this.#rows.delete(key);
  }

  /** Drops what has ended, a few rows with each new one, so that nothing ever walks the whole map in one go. */
  #makeRoom(now: number): void {
    for (let visited = 0; visited < VISITED_PER_WRITE; visited += 1) {
      const next = this.#sweeper.next();
      if (next.done) this.#sweeper = this.#rows.entries();
      else if (untilOf(next.value[1]) <= now) this.#rows.delete(next.value[0]);
    }
    if (this.#rows.size >= this.#maxRows) this.#sweepAll(now);
    if (this.#rows.size < this.#maxRows) return;
    throw new IssuerError('store_full', 'The memory store is full. Raise maxMobiles, or use redisOtpStore().');
  }

  #sweepAll(now: number): void {
    if (now - this.#sweptAt < 1_000) return;
    this.#sweptAt = now;
    for (const [key, text] of this.#rows) if (untilOf(text) <= now) this.#rows.delete(key);
  }
}

function untilOf(text: string): number {
  return Number(text.slice(0, text.indexOf(SEPARATOR)));
}
