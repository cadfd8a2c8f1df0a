import { unavailable } from '@verified-mobile/core/store';

export interface CircuitBreakerSettings {
  /** Failures in a row after which nothing is asked any more. */
  readonly failuresToOpen: number;
  readonly probeIntervalMs: number;
  /** Resolves when the server is back. It carries no token, so it cannot consume one. */
  readonly probe: () => Promise<unknown>;
}

/** Answers at once while the server does not, so that requests do not each wait for their deadline. */
export class CircuitBreaker {
  readonly #settings: CircuitBreakerSettings;
  #failures = 0;
  #openedBy: unknown;
  #isOpen = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: CircuitBreakerSettings) {
    this.#settings = settings;
  }

  /** @throws {VerifiedMobileError} `unavailable`: the circuit is open */
  requireClosed(): void {
    if (!this.#isOpen) return;
    throw unavailable('Redis failed several times in a row and is not asked.', {
      cause: this.#openedBy,
      retryAfterSeconds: this.#settings.probeIntervalMs / 1_000,
    });
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(cause: unknown): void {
    this.#failures += 1;
    if (this.#failures >= this.#settings.failuresToOpen) this.open(cause);
  }

  open(cause: unknown): void {
    this.#openedBy = cause;
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#probeLater();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isOpen = true;
  }

  #probeLater(): void {
    // Without `unref` an outage would keep a process alive that has nothing else to do.
    this.#timer = setTimeout(() => void this.#probe(), this.#settings.probeIntervalMs).unref();
  }

  async #probe(): Promise<void> {
    try {
      await this.#settings.probe();
      this.#isOpen = false;
      this.#failures = 0;
    } catch (cause) {
      this.#openedBy = cause;
      this.#probeLater();
    }
  }
}
