import { startDeadline } from '../deadline.ts';

/** Counts the uses of a key. Each limiter of `rate-limiter-flexible` is one. */
export interface RateLimiter {
  /**
   * Counts one use. If the key must wait, rejects with `{ msBeforeNext }`, in milliseconds; with anything else, an `Error`
   * above all, if it cannot tell.
   */
  consume(key: string): Promise<unknown>;
}

export interface RateLimiters {
  /** Counts requests for an OTP. */
  readonly send: RateLimiter;
  /** Counts attempts at one. */
  readonly verify: RateLimiter;
}

const HOUR_SECONDS = 3600;
const LIMITER_TIMEOUT_MS = 1000;

/** Ten requests for an OTP and thirty attempts, in an hour from the first. In this process only. */
export function memoryLimiters(): RateLimiters {
  return { send: memoryLimiter(10), verify: memoryLimiter(30) };
}

function memoryLimiter(usesPerHour: number): RateLimiter {
  // Not before a handler is made: who only makes a client loads no package.
  const limiter = import('rate-limiter-flexible').then(
    ({ RateLimiterMemory }) => new RateLimiterMemory({ points: usesPerHour, duration: HOUR_SECONDS }),
  );
  return { consume: async (key) => (await limiter).consume(key) };
}

/**
 * For how many seconds the key must wait; `undefined` if it need not.
 *
 * @throws what the limiter rejects with if it cannot tell, or if it takes longer than a second
 */
export async function secondsToWait(limiter: RateLimiter, key: string): Promise<number | undefined> {
  const deadline = startDeadline(LIMITER_TIMEOUT_MS, undefined);
  try {
    await Promise.race([limiter.consume(key), deadline.passed]);
    return undefined;
  } catch (reason) {
    const { msBeforeNext } = Object(reason) as { msBeforeNext?: unknown };
    if (reason instanceof Error || typeof msBeforeNext !== 'number') throw reason;
    return Math.max(1, Math.ceil(msBeforeNext / 1000));
  } finally {
    deadline.stop();
  }
}
