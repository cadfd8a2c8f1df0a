import { setTimeout as pause } from 'node:timers/promises';
import type { LedgerHead } from '../domain/checkpoint.ts';
import type { IssuerEvent } from '../domain/events.ts';
import type { Ledger } from '../domain/ports.ts';
import { IssuerError } from '../lib/errors.ts';
import { type ChainHead, type LossEntry, sealEntry } from './chain.ts';

/** Thrown by a sink that kept nothing, as others have written behind the head that the lines stand behind. */
export class ChainMovedError extends Error {
  override readonly name = 'ChainMovedError';

  constructor(cause: unknown) {
    super('The chain goes on elsewhere.', { cause });
  }
}

/** Keeps sealed lines. */
export interface LedgerSink {
  /**
   * Writes all lines and the new head, or nothing. After a failure `readHead` says which of the two.
   *
   * @throws {ChainMovedError} to have the same events sealed behind the head that is there now
   */
  write(lines: readonly string[], head: ChainHead): Promise<void>;
  /** Where the chain ends in what is kept. */
  readHead(): Promise<ChainHead>;
  /** Writes something, and rejects if that fails. */
  check(): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly event: IssuerEvent;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A write whose end is not known: `covers` are the lost events that are lost no more if it was written. */
interface Attempt {
  readonly head: ChainHead;
  covers: number;
}

/** Events that wait for a write. More are lost: a server that stays away must not fill the memory. */
const LONGEST_QUEUE = 10_000;

/** How often a batch is sealed anew because others were faster. With eight writers of one chain a few do. */
const MOST_TRIES = 50;
const LONGEST_PAUSE_MS = 64;

/** Attempts of which it is remembered that they may have been written late. */
const ATTEMPTS_KEPT = 100;

/**
 * Seals events in the order in which they come, and writes as many at once as came during the write before. Events that
 * could not be written are counted, and the next write begins with a line that says how many. `onShared` is told once
 * if others write the same chain.
 */
export class ChainedLedger implements Ledger {
  readonly #chain: string;
  readonly #sink: LedgerSink;
  #head: ChainHead;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  readonly #onShared: () => void;
  #isShared = false;
  #attempt: Attempt | undefined;
  /** Given up since the last write, newest last: a server that stood still may write them yet. */
  #givenUp: Attempt[] = [];
  #lost = 0;
  #lostAt = 0;
  #isClosed = false;

  constructor(chain: string, sink: LedgerSink, head: ChainHead, onShared: () => void = () => {}) {
    this.#chain = chain;
    this.#sink = sink;
    this.#head = head;
    this.#onShared = onShared;
  }

  async append(event: IssuerEvent): Promise<void> {
    if (this.#isClosed) throw new IssuerError('ledger_unavailable', 'The ledger is closed.');
    if (this.#waiting.length >= LONGEST_QUEUE) {
      this.#lose([event]);
      throw new IssuerError('ledger_unavailable', `The ledger is behind: ${LONGEST_QUEUE} events wait already.`);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async ready(): Promise<void> {
    await this.#sink.check();
  }

  head(): LedgerHead {
    return { chain: this.#chain, ...this.#head };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    if (this.#lost > 0) await this.#writeBatch([]);
    await this.#sink.close();
  }

  async #writeAll(): Promise<void> {
    // What arrives within one turn of the event loop becomes one write.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0));
    this.#writing = undefined;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const events = batch.map(({ event }) => event);
    try {
      await this.#write(events);
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      this.#lose(events);
      const error = new IssuerError('ledger_unavailable', 'The ledger cannot be written.', { cause });
      for (const { reject } of batch) reject(error);
    }
  }

  async #write(events: readonly IssuerEvent[]): Promise<void> {
    await this.#settle();
    for (let tries = 1; !(await this.#isWritten(events, tries)); tries += 1) {
      // At random, so that writers of one chain do not meet again.
      await pause(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS));
    }
  }

  /** @returns `false` if others were faster, and the events are to be sealed behind theirs */
  async #isWritten(events: readonly IssuerEvent[], tries: number): Promise<boolean> {
    const { lines, attempt } = this.#seal(events);
    this.#attempt = attempt;
    try {
      await this.#sink.write(lines, attempt.head);
      this.#wrote(attempt);
      return true;
    } catch (error) {
      const ending = await this.#settle().catch(() => 'unknown');
      // Only the answer may be lost: the chain goes on from what is there.
      if (ending === 'written') return true;
      if (ending === 'not-written' && error instanceof ChainMovedError && tries < MOST_TRIES) return false;
      attempt.covers += events.length;
      throw error;
    }
  }

  #seal(events: readonly IssuerEvent[]): { lines: string[]; attempt: Attempt } {
    const lost = this.#lost;
    const loss: LossEntry[] = lost > 0 ? [{ at: this.#lostAt, kind: 'loss', lost }] : [];
    let head = this.#head;
    const lines = [...loss, ...events].map((event) => {
      const entry = sealEntry(event, head);
      head = entry.head;
      return entry.line;
    });
    return { lines, attempt: { head, covers: lost } };
  }

  /** Learns how the write before ended, if that is not known. */
  async #settle(): Promise<'written' | 'not-written'> {
    const attempt = this.#attempt;
    if (attempt === undefined) return 'not-written';
    const head = await this.#sink.readHead();
    if (head.hash === attempt.head.hash) {
      this.#wrote(attempt);
      return 'written';
    }
    const late = this.#givenUp.find((one) => one.head.hash === head.hash);
    if (late !== undefined) this.#wrote(late);
    else this.#giveUp(attempt, head);
    return 'not-written';
  }

  #giveUp(attempt: Attempt, head: ChainHead): void {
    this.#givenUp = [...this.#givenUp, attempt].slice(-ATTEMPTS_KEPT);
    this.#attempt = undefined;
    if (head.hash !== this.#head.hash && !this.#isShared) {
      this.#isShared = true;
      this.#onShared();
    }
    this.#head = head;
  }

  #wrote({ head, covers }: Attempt): void {
    this.#head = head;
    this.#lost -= covers;
    this.#attempt = undefined;
    this.#givenUp = [];
  }

  #lose(events: readonly IssuerEvent[]): void {
    this.#lost += events.length;
    this.#lostAt = events.at(-1)?.at ?? this.#lostAt;
  }
}
