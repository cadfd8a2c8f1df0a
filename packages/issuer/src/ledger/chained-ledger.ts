import type { IssuerEvent } from '../domain/events.ts';
import type { Ledger } from '../domain/ports.ts';
import { IssuerError } from '../lib/errors.ts';
import { type ChainHead, sealEntry } from './chain.ts';

/** Keeps sealed lines. */
export interface LedgerSink {
  /** Writes all lines and the new head, or, as far as a reader can tell, nothing. */
  write(lines: readonly string[], head: ChainHead): Promise<void>;
  /** Rejects if nothing could be written now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly event: IssuerEvent;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Seals events in the order in which they come, and writes as many at once as came during the write before. */
export class ChainedLedger implements Ledger {
  readonly #sink: LedgerSink;
  #head: ChainHead;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(sink: LedgerSink, head: ChainHead) {
    this.#sink = sink;
    this.#head = head;
  }

  async append(event: IssuerEvent): Promise<void> {
    if (this.#isClosed) throw new IssuerError('ledger_unavailable', 'The ledger is closed.');
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
    await this.#sink.close();
  }

  async #writeAll(): Promise<void> {
    // What arrives within one turn of the event loop becomes one write.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0));
    this.#writing = undefined;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    let head = this.#head;
    const lines = batch.map(({ event }) => {
      const entry = sealEntry(event, head);
      head = entry.head;
      return entry.line;
    });
    try {
      await this.#sink.write(lines, head);
      this.#head = head;
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      const error = new IssuerError('ledger_unavailable', 'The ledger cannot be written.', { cause });
      for (const { reject } of batch) reject(error);
    }
  }
}
