/** Rejects when the signal is aborted, whether or not the work heeds it. */
export async function abortable<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = new Promise<never>((_resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  });
  return Promise.race([work, aborted]);
}

let turnsBefore: Promise<unknown> = Promise.resolve();

/** A customer answers one question at a time: each is asked when those before have ended. */
export async function inTurn<Result>(ask: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  const before = turnsBefore;
  const turn = abortable(
    before.then(async () => {
      signal.throwIfAborted();
      return ask();
    }),
    signal,
  );
  turnsBefore = before.then(async () => turn).catch(() => undefined);
  return turn;
}
