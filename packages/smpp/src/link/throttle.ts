/** The pause that a provider asks for when it takes no more. It doubles while the provider goes on asking. */
export class Throttle {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #now: () => number;
  #until = Number.NEGATIVE_INFINITY;
  #pauses = 0;

  constructor(firstMs: number, longestMs: number, now: () => number = () => performance.now()) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#now = now;
  }

  /** Milliseconds until the next message may go. */
  get remainingMs(): number {
    return Math.max(0, this.#until - this.#now());
  }

  /** Begins a pause, or returns `no` in one: all that was under way when it began is refused alike, and counts once. */
  pause(): 'first' | 'longer' | 'no' {
    const now = this.#now();
    if (now < this.#until) return 'no';
    if (now - this.#until > this.#longestMs) this.#pauses = 0;
    this.#until = now + Math.min(this.#longestMs, this.#firstMs * 2 ** this.#pauses);
    this.#pauses += 1;
    return this.#pauses === 1 ? 'first' : 'longer';
  }
}
