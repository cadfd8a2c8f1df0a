/** What a hand-over says of its route. `busy`: it takes no more at the moment; `failed`: it did not work, or did not answer. */
export type RouteHealth = 'worked' | 'busy' | 'failed';

/** When a route may be used, in milliseconds of a clock that never steps. */
export type CircuitState =
  | { readonly state: 'closed' | 'probing' }
  /** Throttled: it is there, and takes no more until then. */
  | { readonly state: 'paused'; readonly until: number }
  | { readonly state: 'open'; readonly until: number };

const FIRST_OPEN_MS = 1_000;
const LONGEST_OPEN_MS = 30_000;
/** Longer than a code lives: what is longer is the same. */
const LONGEST_WAIT_MS = 600_000;
/** How long a provider that says that it takes no more is left alone, if it does not say how long. */
const THROTTLED_MS = 1_000;

/**
 * Spares a route that fails: after so many failures in a row nothing is handed to it for a second, then one message as a
 * probe, and while that fails for twice as long, up to 30 seconds.
 */
export class Circuit {
  readonly #failuresToOpen: number;
  #failures = 0;
  #openMs = 0;
  #openUntil = Number.NEGATIVE_INFINITY;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #isProbing = false;

  constructor(failuresToOpen: number) {
    this.#failuresToOpen = failuresToOpen;
  }

  get isOpen(): boolean {
    return this.#openMs > 0;
  }

  at(now: number): CircuitState {
    if (now < this.#openUntil) return { state: 'open', until: this.#openUntil };
    if (now < this.#pausedUntil) return { state: 'paused', until: this.#pausedUntil };
    return { state: this.#isProbing ? 'probing' : 'closed' };
  }

  /** A hand-over begins: while the circuit is open it is the probe. */
  began(): void {
    this.#isProbing = this.isOpen;
  }

  /** It was not handed over after all, which says nothing of the route. */
  gaveUp(): void {
    this.#isProbing = false;
  }

  ended(health: RouteHealth, retryAfterMs: number | undefined, now: number): void {
    this.#isProbing = false;
    const waitMs = Math.min(retryAfterMs ?? 0, LONGEST_WAIT_MS);
    if (health === 'failed') {
      this.#failures += 1;
      if (this.isOpen || this.#failures >= this.#failuresToOpen || waitMs > 0) this.#open(waitMs, now);
      return;
    }
    this.#failures = 0;
    this.#openMs = 0;
    this.#openUntil = Number.NEGATIVE_INFINITY;
    const pauseMs = health === 'busy' ? waitMs || THROTTLED_MS : waitMs;
    if (pauseMs > 0) this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
  }

  #open(waitMs: number, now: number): void {
    // Those that were under way when it opened say nothing new.
    if (now < this.#openUntil && waitMs === 0) return;
    this.#openMs = this.isOpen ? Math.min(this.#openMs * 2, LONGEST_OPEN_MS) : FIRST_OPEN_MS;
    this.#openUntil = Math.max(this.#openUntil, now + Math.max(this.#openMs, waitMs));
  }
}
