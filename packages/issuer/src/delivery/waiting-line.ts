import type { Entry } from './entry.ts';
import type { Lane } from './lane.ts';

export interface WaitingLineParts {
  readonly lanes: readonly Lane[];
  /** Takes the entry out, if it need not wait any more. */
  readonly advance: (entry: Entry) => void;
  readonly onLength: (length: number) => void;
}

/** How often all that wait are looked at: for those that expire, and those that an outage held up. */
const LOOK_MS = 500;

/** The messages that wait for room, in the order in which they came. */
export class WaitingLine {
  readonly #parts: WaitingLineParts;
  readonly #entries = new Set<Entry>();
  #timer: NodeJS.Timeout | undefined;
  #seen = '';

  constructor(parts: WaitingLineParts) {
    this.#parts = parts;
  }

  add(entry: Entry): void {
    this.#entries.add(entry);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    this.#parts.onLength(this.#entries.size);
  }

  delete(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    if (this.#entries.size === 0) this.#stop();
    this.#parts.onLength(this.#entries.size);
  }

  /** After a change of the lanes. Ends as soon as none has room: there may be thousands of entries, and as many changes. */
  advance(): void {
    if (this.#entries.size === 0) return;
    const seen = this.#rooms();
    if (!seen.includes('room') && seen === this.#seen) return;
    this.#look();
  }

  close(): readonly Entry[] {
    const entries = [...this.#entries];
    this.#entries.clear();
    this.#stop();
    return entries;
  }

  #look(): void {
    const hadRoom = this.#rooms().includes('room');
    for (const entry of this.#entries) {
      this.#parts.advance(entry);
      if (hadRoom && !this.#rooms().includes('room')) break;
    }
    this.#seen = this.#rooms();
  }

  #rooms(): string {
    return this.#parts.lanes.map((lane) => lane.roomFor(Infinity)).join(' ');
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
