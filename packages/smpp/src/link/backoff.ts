/** How long to wait before each try: longer each time, and never the same for two clients that lost the same server. */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(firstMs: number, longestMs: number, random: () => number = Math.random) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
  }

  next(): number {
    const delay = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return this.#spread(delay);
  }

  /** For what waiting does not change: asked often, providers lock the account. */
  longest(): number {
    return this.#spread(this.#longestMs);
  }

  reset(): void {
    this.#failures = 0;
  }

  #spread(delay: number): number {
    return delay * (0.5 + this.#random() / 2);
  }
}
