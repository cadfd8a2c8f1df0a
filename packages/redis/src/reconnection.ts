import type { RedisConnection } from './connection.ts';
import { NoAnswerError } from './deadline.ts';

/** Attempts in a row on which nothing came back, not even an error, until the connection itself is in doubt. */
const SILENT_ATTEMPTS = 3;
/** A server that is slow for a while must not lose every connection again and again. */
const SHORTEST_PAUSE_MS = 2_000;

/** Has a connection made anew that leads nowhere, at most once in two seconds. */
export class Reconnection {
  readonly #connection: RedisConnection;
  readonly #monotonicClock: () => number;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(connection: RedisConnection, monotonicClock = (): number => performance.now()) {
    this.#connection = connection;
    this.#monotonicClock = monotonicClock;
  }

  request(): void {
    const now = this.#monotonicClock();
    if (now - this.#lastAt < SHORTEST_PAUSE_MS) return;
    this.#lastAt = now;
    // If it fails, the next attempt is silent again, or says why.
    void this.#connection.reconnect?.().catch(() => undefined);
  }
}

/** Tells a server that says something from one that says nothing: a host that vanished leaves its connections open. */
export class Silence {
  readonly #reconnection: Reconnection;
  #attempts = 0;

  constructor(reconnection: Reconnection) {
    this.#reconnection = reconnection;
  }

  /** The attempt's result or error. Several without an answer, one after the other, and the connection is made anew. */
  async watch<Result>(attempt: Promise<Result>): Promise<Result> {
    try {
      const result = await attempt;
      this.#attempts = 0;
      return result;
    } catch (error) {
      this.#attempts = error instanceof NoAnswerError ? this.#attempts + 1 : 0;
      if (this.#attempts === SILENT_ATTEMPTS) {
        this.#attempts = 0;
        this.#reconnection.request();
      }
      throw error;
    }
  }
}
