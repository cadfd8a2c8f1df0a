import { randomBytes } from 'node:crypto';
import type { DeliveryParts } from './parts.ts';

/** A node that has not said for so long that it lives is taken for dead. */
const LEASE_MS = 3_000;
export const BEAT_MS = 1_000;

/** For how long what an outage kept from the outbox is tried again: as long as a code lives. */
const TRIED_FOR_MS = 300_000;
/** For how long a command that got no answer may still run. */
const MAY_RUN_FOR_MS = 60_000;

interface Undone {
  readonly work: () => Promise<boolean>;
  readonly until: number;
}

/** This process towards the outbox: its name, its sign of life, and what it could not say during an outage. */
export class OwnNode {
  /** New for each process: one that was restarted must not pass for the one before. */
  readonly name: string = randomBytes(12).toString('base64url');
  readonly #parts: DeliveryParts;
  readonly #undone = new Set<Undone>();
  #livesUntil = Number.NEGATIVE_INFINITY;
  #living: Promise<unknown> | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Says that it lives; returns the nodes that do not any more. */
  async beat(): Promise<readonly string[]> {
    const startedAt = performance.now();
    const gone = await this.#parts.outbox.beat(this.name, LEASE_MS);
    this.#livesUntil = startedAt + LEASE_MS;
    return gone.filter((node) => node !== this.name);
  }

  /** What is put in by a node that nobody knows to live would be taken over at once. */
  async live(): Promise<void> {
    if (this.#parts.outbox.scope === 'process' || performance.now() < this.#livesUntil - BEAT_MS) return;
    // One for all that wait for it: they come in hundreds when the outbox was slow.
    this.#living ??= this.beat().finally(() => void (this.#living = undefined));
    await this.#living;
  }

  /** Does it now or, after an outage, with one of the next signs of life. */
  async untilDone(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.reportFault({ during: 'delivery', error });
      const again = async (): Promise<boolean> => {
        await work();
        return true;
      };
      this.#undone.add({ work: again, until: performance.now() + TRIED_FOR_MS });
    }
  }

  /** What may have been kept, or may be at any moment, and was never handed over. */
  withdrawLater(id: string): void {
    const { outbox, clock } = this.#parts;
    const withdraw = async (): Promise<boolean> =>
      (await outbox.withdraw(id, this.name, clock())).outcome !== 'forgotten';
    this.#undone.add({ work: withdraw, until: performance.now() + MAY_RUN_FOR_MS });
  }

  /** What an outage left undone. */
  async catchUp(): Promise<void> {
    for (const undone of this.#undone) {
      const isDone = await undone.work();
      if (isDone || performance.now() > undone.until) this.#undone.delete(undone);
    }
  }
}
