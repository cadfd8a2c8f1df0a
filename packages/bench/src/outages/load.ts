import { setTimeout as pause } from 'node:timers/promises';
import { serveCustomer, type Surroundings } from './customer.ts';

/** Customers that come at a fixed rate, however long each of them takes. */
export class Load {
  readonly #surroundings: Surroundings;
  readonly #betweenMs: number;
  readonly #customers = new Set<Promise<void>>();
  readonly #coming: Promise<void>;
  #isOver = false;
  #fault: Error | undefined;

  constructor(surroundings: Surroundings, perSecond: number) {
    this.#surroundings = surroundings;
    this.#betweenMs = 1000 / perSecond;
    this.#coming = this.#come();
  }

  /** @throws if a customer met what no outage explains: the load itself is wrong */
  check(): void {
    if (this.#fault) throw this.#fault;
  }

  /** No more come. */
  stop(): void {
    this.#isOver = true;
  }

  /** No more come; resolves when the last one has gone. */
  async end(): Promise<void> {
    this.stop();
    await this.#coming;
    await Promise.all(this.#customers);
    this.check();
  }

  async #come(): Promise<void> {
    const startedAt = performance.now();
    for (let number = 0; !this.#isOver; number += 1) {
      const customer = serveCustomer(number, this.#surroundings)
        .catch((error: unknown) => void (this.#fault ??= error as Error))
        .finally(() => this.#customers.delete(customer));
      this.#customers.add(customer);
      await pause(Math.max(0, startedAt + (number + 1) * this.#betweenMs - performance.now()));
    }
  }
}
