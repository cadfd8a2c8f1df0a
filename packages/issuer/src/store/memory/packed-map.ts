import { IssuerError } from '../../lib/errors.ts';

const SEPARATOR = '\n';
const VISITED_PER_WRITE = 2;
/** An owner may have so many times as many rows as are free: one alone four fifths, and no number of them all. */
const SHARE_OF_FREE = 4;

/** A row of texts; the first one is the instant until which it is kept, milliseconds since the epoch. */
export type Row = readonly [until: string, ...fields: string[]];

/**
 * Rows that end by themselves, each as one flat text: a third of the memory that objects take. A row that still counts
 * is never dropped for another one; a full map refuses. It is full sooner for an owner of many rows.
 */
export class PackedMap {
  readonly #rows = new Map<string, string>();
  readonly #maxRows: number;
  readonly #owners = new Owners();
  #sweeper: IterableIterator<[string, string]> = this.#rows.entries();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  get(key: string, now: number): Row | undefined {
    const text = this.#rows.get(key);
    if (text === undefined || untilOf(text) <= now) return undefined;
    const [until = '', , ...fields] = text.split(SEPARATOR);
    return [until, ...fields];
  }

  /**
   * A row stays its first owner's. Without one it is bounded by the size of the map alone.
   *
   * @throws {IssuerError} `store_full`
   */
  set(key: string, [until, ...fields]: Row, now: number, owner?: string): void {
    const known = this.#rows.get(key);
    const number = known === undefined ? this.#owners.numberOf(owner) : ownerOf(known);
    if (known === undefined) {
      this.requireRoom([key], now, owner);
      this.#owners.count(number, 1);
    }
    // Joined and not concatenated: a concatenation keeps all its parts alive as a tree.
    this.#rows.set(key, [until, number, ...fields].join(SEPARATOR));
  }

  delete(key: string): void {
    const text = this.#rows.get(key);
    if (text !== undefined) this.#drop(key, text);
  }

  /** Refuses before anything is written: a step that needs several rows is made as a whole or not at all. */
  requireRoom(keys: readonly string[], now: number, owner?: string): void {
    const added = keys.filter((key) => !this.#rows.has(key)).length;
    if (added === 0) return;
    this.#sweepSome(now);
    if (!this.#hasRoom(added, owner)) this.#sweepAll(now);
    if (this.#hasRoom(added, owner)) return;
    throw new IssuerError('store_full', 'The memory store is full. Raise maxMobiles, or use redisOtpStore().');
  }

  #hasRoom(added: number, owner: string | undefined): boolean {
    const free = this.#maxRows - this.#rows.size - added;
    const owned = this.#owners.rowsOf(this.#owners.numberOf(owner)) + added;
    return free >= 0 && (owner === undefined || owned <= SHARE_OF_FREE * (free + 1));
  }

  #drop(key: string, text: string): void {
    this.#owners.count(ownerOf(text), -1);
    this.#rows.delete(key);
  }

  /** Drops what has ended, a few rows with each new one, so that nothing ever walks the whole map in one go. */
  #sweepSome(now: number): void {
    for (let visited = 0; visited < VISITED_PER_WRITE; visited += 1) {
      const next = this.#sweeper.next();
      if (next.done) this.#sweeper = this.#rows.entries();
      else if (untilOf(next.value[1]) <= now) this.#drop(...next.value);
    }
  }

  #sweepAll(now: number): void {
    if (now - this.#sweptAt < 1_000) return;
    this.#sweptAt = now;
    for (const [key, text] of this.#rows) if (untilOf(text) <= now) this.#drop(key, text);
  }
}

function untilOf(text: string): number {
  return Number(text.slice(0, text.indexOf(SEPARATOR)));
}

function ownerOf(text: string): number {
  return Number(text.split(SEPARATOR, 2)[1]);
}

/** How many rows each owner has. A row names its owner by a number: that is shorter, and holds no separator. */
class Owners {
  readonly #numbers = new Map<string | undefined, number>();
  readonly #rows: number[] = [];

  numberOf(owner: string | undefined): number {
    const number = this.#numbers.get(owner) ?? this.#numbers.size;
    this.#numbers.set(owner, number);
    return number;
  }

  rowsOf(number: number): number {
    return this.#rows[number] ?? 0;
  }

  count(number: number, change: 1 | -1): void {
    this.#rows[number] = this.rowsOf(number) + change;
  }
}
