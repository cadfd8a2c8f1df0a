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
   * @throws {VerifiedMobileError} `unavailable`: the circuit is open, or has been opened by this very work
   * @throws what the work throws otherwise
   */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    const isTrial = this.#isOpen();
    if (isTrial) {
      if (this.#isTrying || this.#settings.clock() < this.#askAgainAt) throw this.#openError();
      this.#isTrying = true;
    }
    try {
      const value = await work();
      this.#failuresInARow = 0;
      return value;
    } catch (error) {
      if (!this.#settings.isOutage(error)) throw error;
      this.#countFailure(error);
      throw this.#isOpen() ? this.#openError() : error;
    } finally {
      if (isTrial) this.#isTrying = false;
    }
  }

  #countFailure(error: unknown): void {
    this.#failuresInARow += 1;
    this.#lastFailure = error;
    this.#askAgainAt = this.#settings.clock() + this.#settings.openSeconds * 1000;
  }

  #isOpen(): boolean {
    return this.#failuresInARow >= this.#settings.failuresToOpen;
  }

  #openError(): VerifiedMobileError {
    const message = `The issuer failed ${this.#failuresInARow} times in a row and is not asked for a while.`;
    const retryAfterSeconds = (this.#askAgainAt - this.#settings.clock()) / 1000;
    return unavailable(message, { cause: this.#lastFailure, retryAfterSeconds });
  }
}
