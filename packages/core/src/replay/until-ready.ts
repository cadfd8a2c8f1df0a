import { unavailable, VerifiedMobileError } from '../lib/errors.ts';

/** Since when a store remembers every use. Milliseconds since the epoch, both by the store's own clock. */
export interface StoreState {
  /** Tokens issued before are not vouched for. */
  readonly vouchesFrom: number;
  readonly clock: number;
}

export interface UntilReadyOptions {
  /** How long to try. Milliseconds. */
  readonly startTimeoutMs: number;
  /** What the error says when that time is over: `Redis cannot be reached.` */
  readonly unreachable: string;
  /** The error to give up with at once, if this fault does not go away by waiting. A `VerifiedMobileError` always does. */
  readonly remedyFor?: (fault: unknown) => VerifiedMobileError | undefined;
}

const RETRY_MS = 50;

/**
 * What a store's `ready()` does: looks at the server again and again until it answers, then waits until the store vouches
 * for tokens issued from now on.
 *
 * @param inspect asks the server what it remembers; several states for a store on several servers. It throws what makes
 *   the server unfit, such as `misconfigured(…)` for a server that evicts.
 * @throws {VerifiedMobileError} what `inspect` or `remedyFor` says; `unavailable` when the time is over
 *
 * @example
 * ```ts
 * ready: async () => untilReady(async () => inspect(pool), { startTimeoutMs: 5_000, unreachable: 'The database cannot be reached.' }),
 * ```
 */
export async function untilReady(
  inspect: () => Promise<StoreState | readonly StoreState[]>,
  { startTimeoutMs, unreachable, remedyFor }: UntilReadyOptions,
): Promise<void> {
  const giveUpAt = performance.now() + startTimeoutMs;
  for (;;) {
    try {
      return await untilVouchedFor([await inspect()].flat());
    } catch (cause) {
      const final = cause instanceof VerifiedMobileError ? cause : remedyFor?.(cause);
      if (final !== undefined) throw final;
      if (performance.now() > giveUpAt) throw unavailable(unreachable, { cause });
      await pause(RETRY_MS);
    }
  }
}

/** Tokens are dated in whole seconds: one issued in the second of the fence would still lie before it. */
export async function untilVouchedFor(states: readonly StoreState[]): Promise<void> {
  const waits = states.map(({ vouchesFrom, clock }) => Math.ceil(vouchesFrom / 1000) * 1000 - clock);
  const remainingMs = Math.max(0, ...waits);
  if (remainingMs > 0) await pause(remainingMs);
}

async function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
