import type { IssuerEvent } from '../domain/events.ts';
import type { Ledger } from '../domain/ports.ts';
import { IssuerError } from '../lib/errors.ts';
import { type ChainHead, type LossEntry, sealEntry } from './chain.ts';

/** Keeps sealed lines. */
export interface LedgerSink {
  /** Writes all lines and the new head, or nothing. After a failure `readHead` says which of the two. */
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

/**
 * Seals events in the order in which they come, and writes as many at once as came during the write before. Events that
 * could not be written are counted, and the next write begins with a line that says how many.
 */
export class ChainedLedger implements Ledger {
  readonly #sink: LedgerSink;
  #head: ChainHead;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #attempt: Attempt | undefined;
  #lost = 0;
  #lostAt = 0;
  #isClosed = false;

  constructor(sink: LedgerSink, head: ChainHead) {
    this.#sink = sink;
    this.#head = head;
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
    const lost = this.#lost;
    const loss: LossEntry[] = lost > 0 ? [{ at: this.#lostAt, kind: 'loss', lost }] : [];
    let head = this.#head;
    const lines = [...loss, ...events].map((event) => {
      const entry = sealEntry(event, head);
      head = entry.head;
      return entry.line;
    });
    this.#attempt = { head, covers: lost };
    try {
      await this.#sink.write(lines, head);
      this.#wrote(this.#attempt);
    } catch (error) {
      // Only the answer may be lost: the chain goes on from what is there.
      if (await this.#settle().catch(() => false)) return;
      if (this.#attempt !== undefined) this.#attempt.covers += events.length;
      throw error;
    }
  }

  /** Learns how the write before ended, if that is not known; says whether it was written. */
  async #settle(): Promise<boolean> {
    const attempt = this.#attempt;
    if (attempt === undefined) return false;
    const head = await this.#sink.readHead();
    if (head.hash === attempt.head.hash) {
      this.#wrote(attempt);
      return true;
    }
    this.#head = head;
    this.#attempt = undefined;
    return false;
  }

  #wrote({ head, covers }: Attempt): void {
    this.#head = head;
    this.#lost -= covers;
    this.#attempt = undefined;
  }

  #lose(events: readonly IssuerEvent[]): void {
    this.#lost += events.length;
    this.#lostAt = events.at(-1)?.at ?? this.#lostAt;
  }
}
