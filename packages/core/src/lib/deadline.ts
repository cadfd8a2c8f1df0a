/** The end of a wait. Its signal is made only when it is read: for most requests it never is. */
export class Deadline {
  #controller: AbortController | undefined;
  #over = false;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over) this.#controller.abort();
    return this.#controller.signal;
  }

  /** The result of the work, if it comes in time. For one use only. Late work continues; its result is ignored. */
  async race<Value>(work: () => Promise<Value>, timeoutMs: number): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#over = true;
        this.#controller?.abort();
        reject(new Error(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      work()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }
}
