import { unavailable } from './errors.ts';

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** What NTP corrects is far less, and no token's age is judged much differently. */
const LARGEST_STEP_MS = 30_000;
/** A new time is believed if it has stood for so long. */
const PROBATION_MS = 10_000;

export interface TimeSources {
  /** The time of day, which can be set. */
  readonly wall: Clock;
  /** Milliseconds since some moment, which nobody can set. */
  readonly monotonic: () => number;
}

/**
 * The wall clock, as long as it goes on as the monotonic clock does. A step of more than 30 s makes every token expired, or
 * used ones fresh, and nobody can tell a correction from a mistake: the time is then in doubt. It is believed again as
 * soon as it is back, or when the new time has stood for 10 s, as after a machine was suspended.
 *
 * @throws {VerifiedMobileError} `unavailable`, while the time is in doubt
 */
export function createSystemClock({ wall, monotonic }: TimeSources): Clock {
  let trustedOffset: number | undefined;
  let doubt: { readonly offset: number; readonly since: number } | undefined;
  return () => {
    const now = wall();
    const elapsed = monotonic();
    const offset = now - elapsed;
    trustedOffset ??= offset;
    if (Math.abs(offset - trustedOffset) > LARGEST_STEP_MS) {
      if (doubt === undefined || Math.abs(offset - doubt.offset) > LARGEST_STEP_MS) doubt = { offset, since: elapsed };
      const remainingMs = PROBATION_MS - (elapsed - doubt.since);
      if (remainingMs > 0) throw inDoubt(offset - trustedOffset, remainingMs);
    }
    doubt = undefined;
    trustedOffset = offset;
    return now;
  };
}

function inDoubt(stepMs: number, remainingMs: number): Error {
  const step = `${Math.round(Math.abs(stepMs) / 1000)} s ${stepMs > 0 ? 'ahead' : 'back'}`;
  return unavailable(`The clock of this machine was set ${step}. It is believed if it stays there for 10 s.`, {
    retryAfterSeconds: remainingMs / 1000,
  });
}

/** The time of this machine. One for the process, so that guard and memory store see the same. */
export const systemClock: Clock = createSystemClock({ wall: () => Date.now(), monotonic: () => performance.now() });

/** For what counts how long ago something was: it is never set, and so drifts from the time of day by whatever that is. */
export const monotonicClock: Clock = () => performance.timeOrigin + performance.now();
