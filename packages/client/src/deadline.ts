export interface Deadline {
  /** Aborted when the time is over or the caller gives up, so that sockets close. */
  readonly signal: AbortSignal;
  /** Rejects at that moment with the reason, and never resolves. Race against it: not everything heeds a signal. */
  readonly passed: Promise<never>;
  readonly stop: () => void;
}

/** The reason if the time ran out. */
export const TIME_OVER: symbol = Symbol('time over');

/** Not `AbortSignal.any` with `AbortSignal.timeout`: their timers and listeners outlive the quick calls. */
export function startDeadline(timeoutMs: number, caller: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  const passed = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
  const giveUp = (): void => controller.abort(caller?.reason);
  const timer = setTimeout(() => controller.abort(TIME_OVER), timeoutMs);
  caller?.addEventListener('abort', giveUp);
  const stop = (): void => {
    clearTimeout(timer);
    caller?.removeEventListener('abort', giveUp);
  };
  return { signal, passed, stop };
}
