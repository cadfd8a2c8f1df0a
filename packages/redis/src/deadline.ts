interface Pending {
  readonly until: number;
  reject: ((late: Error) => void) | undefined;
}

/** The server has said nothing at all in time. */
export class NoAnswerError extends Error {}

/** One deadline for every piece of work, and one timer for all of them: a timer each is a tenth of what a use costs. */
export class Deadline {
  readonly #timeoutMs: number;
  #pending: Pending[] = [];
  #isTimed = false;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The work's result, if it comes in time. Late work continues; its result is ignored.
   *
   * @throws what the work throws, or `NoAnswerError` when the time is over
   */
  async within<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const pending: Pending = { until: performance.now() + this.#timeoutMs, reject };
      this.#pending.push(pending);
      if (!this.#isTimed) this.#rejectLateAfter(this.#timeoutMs);
      work.then(
        (result) => {
          pending.reject = undefined;
          resolve(result);
        },
        (error: unknown) => {
          pending.reject = undefined;
          reject(error);
        },
      );
    });
  }

  #rejectLate(): void {
    const now = performance.now();
    // Timers may fire a fraction of a millisecond early.
    const late = this.#pending.filter(({ reject, until }) => reject !== undefined && until <= now + 1);
    this.#pending = this.#pending.filter(({ reject, until }) => reject !== undefined && until > now + 1);
    for (const { reject } of late) reject?.(new NoAnswerError(`no answer within ${this.#timeoutMs} ms`));
    const [next] = this.#pending;
    this.#isTimed = false;
    if (next) this.#rejectLateAfter(Math.max(1, next.until - now));
  }

  #rejectLateAfter(milliseconds: number): void {
    this.#isTimed = true;
    // Where this process stood still, answers may have come in time: what the sockets hold is read before they are missed.
    setTimeout(() => void setImmediate(() => this.#rejectLate()), milliseconds);
  }
}
