import type { Clock } from '../lib/clock.ts';
import { unavailable, type VerifiedMobileError } from '../lib/errors.ts';

export interface CircuitSettings {
  readonly failuresToOpen: number;
  readonly openSeconds: number;
  /** Whether the remote failed. Other errors say nothing of it: they neither open the circuit nor close it. */
  readonly isOutage: (error: unknown) => boolean;
  readonly clock: Clock;
}

/** Stops asking a remote that keeps failing, so that requests do not queue up behind it. */
export class Circuit {
  readonly #settings: CircuitSettings;
  #failuresInARow = 0;
  #lastFailure: unknown;
  #askAgainAt = 0;
  #isTrying = false;

  constructor(settings: CircuitSettings) {
    this.#settings = settings;
  }

  /**
   * Does the work if the circuit is closed. Once it has been open for its time, one request tries, alone.
   *
   * @throws {VerifiedMobileError} `unavailable`, at once: the circuit is open
   * @throws what the work throws
   */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    const isTrial = this.#failuresInARow >= this.#settings.failuresToOpen;
    if (isTrial) {
      if (this.#isTrying || this.#settings.clock() < this.#askAgainAt) throw this.#open();
      this.#isTrying = true;
    }
    try {
      const value = await work();
      this.#failuresInARow = 0;
      return value;
    } catch (error) {
      if (this.#settings.isOutage(error)) this.#countFailure(error);
      throw error;
    } finally {
      if (isTrial) this.#isTrying = false;
    }
  }

  #countFailure(error: unknown): void {
    this.#failuresInARow += 1;
    this.#lastFailure = error;
    this.#askAgainAt = this.#settings.clock() + this.#settings.openSeconds * 1000;
  }

  #open(): VerifiedMobileError {
    const message = `The issuer failed ${this.#failuresInARow} times in a row and is not asked for a while.`;
    return unavailable(message, { cause: this.#lastFailure });
  }
}
