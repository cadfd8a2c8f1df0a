import type { PduBody } from '../wire/write-pdu.ts';
import { type SubmitResult, UNANSWERED } from './submit-result.ts';

/** Made when it is written, as it says how long it is worth delivering; nothing if it is not any more. */
export type MakeBody = () => PduBody | undefined;

/** A message that has not been written, or not all of it. */
export interface Waiting {
  /** A PDU for each part of its text, in their order. */
  readonly parts: readonly MakeBody[];
  /** How many of them the provider has accepted. */
  readonly accepted: number;
  readonly settle: (result: SubmitResult) => void;
}

/** More than that, and the last of them would expire before their turn. */
const LONGEST_QUEUE = 10_000;

/** Messages that wait for room in the window. What has begun goes first. */
export class SubmitQueue {
  readonly #begun = new Set<Waiting>();
  readonly #fresh = new Set<Waiting>();

  get isFull(): boolean {
    return this.#fresh.size >= LONGEST_QUEUE;
  }

  add(waiting: Waiting): void {
    (waiting.accepted > 0 ? this.#begun : this.#fresh).add(waiting);
  }

  /** The next one, taken out. */
  take(): Waiting | undefined {
    return takeFrom(this.#begun) ?? takeFrom(this.#fresh);
  }

  /** Whether it was still there. */
  remove(waiting: Waiting): boolean {
    return this.#begun.delete(waiting) || this.#fresh.delete(waiting);
  }

  /** Nothing of them was written: they may be sent another way. */
  refuseFresh(refusal: SubmitResult): void {
    for (let next = takeFrom(this.#fresh); next !== undefined; next = takeFrom(this.#fresh)) next.settle(refusal);
  }

  /** Half of a text may arrive: sent again, it could arrive twice. */
  giveUpBegun(): void {
    for (let next = takeFrom(this.#begun); next !== undefined; next = takeFrom(this.#begun)) next.settle(UNANSWERED);
  }
}

function takeFrom(lane: Set<Waiting>): Waiting | undefined {
  for (const waiting of lane) {
    lane.delete(waiting);
    return waiting;
  }
  return undefined;
}
