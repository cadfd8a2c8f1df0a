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
      let isDone = false;
      const giveUp = (): void => {
        if (isDone) return;
        this.#over = true;
        this.#controller?.abort();
        reject(new Error(`no answer within ${timeoutMs} ms`));
      };
      // Where this process stood still, the answer may have come in time: what the sockets hold is read before it is missed.
      const timer = setTimeout(() => void setImmediate(giveUp), timeoutMs);
      work()
        .then(resolve, reject)
        .finally(() => {
          isDone = true;
          clearTimeout(timer);
        });
    });
  }
}
