import type { OtpStore } from '../../domain/otp-store.ts';
import { misconfigured } from '../../lib/errors.ts';
import { refuseUnknownNames } from '../../lib/settings.ts';
import { attemptVerbs } from './attempt-verbs.ts';
import { sendVerbs } from './send-verbs.ts';
import { createTables } from './tables.ts';

export interface MemoryOtpStoreOptions {
  /**
   * How many mobiles may be under way within 24 hours, 250,000 by default (about 150 MB). A full store refuses further
   * sends with 500: it never forgets the failures of one mobile for another one's sake. It is full for an account as soon
   * as that has four times as many mobiles as are free: one account takes four fifths, two take four ninths each, and no
   * number of accounts leaves nothing to another one.
   */
  readonly maxMobiles?: number;
}

/** Everything in the memory of this one process: a restart forgets it, limits too, and a second process sees nothing of it. */
export function memoryOtpStore(options: MemoryOtpStoreOptions = {}): OtpStore {
  refuseUnknownNames('memoryOtpStore', options, ['maxMobiles']);
  const { maxMobiles = 250_000 } = options;
  if (!Number.isSafeInteger(maxMobiles) || maxMobiles < 1) {
    throw misconfigured('maxMobiles must be a whole number from 1. Leave it out for 250,000.');
  }
  const tables = createTables(maxMobiles);
  // No `await` inside a verb: each runs to its end before another begins, and that is what makes it atomic.
  return {
    ...sendVerbs(tables),
    ...attemptVerbs(tables),
    async usage(account, days) {
      return days.map((day) => tables.usage.of(account, day));
    },
  };
}
