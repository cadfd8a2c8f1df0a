import type { DayUsage, OtpStore } from '../domain/otp-store.ts';
import { misconfigured, refuseUnknownNames } from '../errors.ts';
import { attemptVerbs } from './memory/attempt-verbs.ts';
import { Conversions } from './memory/conversions.ts';
import { PackedMap } from './memory/packed-map.ts';
import { References } from './memory/references.ts';
import { sendVerbs } from './memory/send-verbs.ts';
import { emptySubject, packSubject, unpackSubject } from './memory/subject-row.ts';
import type { MemoryTables } from './memory/tables.ts';

export interface MemoryOtpStoreOptions {
  /**
   * How many mobiles may be under way within 24 hours, 250,000 by default (about 150 MB). A full store refuses further
   * sends with 500: it never forgets the failures of one mobile for another one's sake.
   */
  maxMobiles?: number;
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
    async usage(tenant, days) {
      return days.map((day) => ({ ...tables.usage(tenant, day) }));
    },
  };
}

function createTables(maxMobiles: number): MemoryTables {
  const subjects = new PackedMap(maxMobiles);
  const used = new Map<string, DayUsage>();
  return {
    subject(key, now) {
      const row = subjects.get(key, now);
      return row === undefined ? emptySubject() : unpackSubject(row);
    },
    keep: (key, subject, now) => subjects.set(key, packSubject(subject, now), now),
    mobiles: new PackedMap(maxMobiles),
    // One mobile may be sent to under several references in a day.
    references: new References(maxMobiles * 4),
    answers: new PackedMap(maxMobiles),
    conversions: new Conversions(),
    usage(tenant, day) {
      const key = JSON.stringify([tenant, day]);
      const found = used.get(key) ?? { sent: 0, verified: 0 };
      used.set(key, found);
      return found;
    },
  };
}
