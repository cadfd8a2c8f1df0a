/** The end of a wait. Its signal is made when somebody asks for it: for most requests nobody does. */
export class Deadline {
  #controller: AbortController | undefined;
  #over = false;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over) this.#controller.abort();
    return this.#controller.signal;
  }

  /** What the work gives, if it gives it in time. Once; later answers are dropped. */
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
