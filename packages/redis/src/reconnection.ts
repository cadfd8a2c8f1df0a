import type { RedisConnection } from './connection.ts';
import { Deadline, NoAnswerError } from './deadline.ts';
import { isFromReplica } from './errors.ts';

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

/**
 * Tells a connection that leads to the primary from one that does not: a host that vanished leaves its connections open,
 * and so does a primary that was made a replica, while its address leads to another by now.
 */
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
      if (isFromReplica(error)) this.#reconnection.request();
      if (this.#attempts === SILENT_ATTEMPTS) {
        this.#attempts = 0;
        this.#reconnection.request();
      }
      throw error;
    }
  }
}

/**
 * Sends with a deadline, for other stores in Redis. Three commands in a row without an answer, or one answered by a
 * replica, and the connection is made anew.
 *
 * @param timeoutMs how long one command may take; then it is rejected, and its answer ignored. Milliseconds
 */
export function sendInTime(connection: RedisConnection, timeoutMs: number): RedisConnection['send'] {
  const [deadline, silence] = [new Deadline(timeoutMs), new Silence(new Reconnection(connection))];
  return async (key, command) => silence.watch(deadline.within(connection.send(key, command)));
}
