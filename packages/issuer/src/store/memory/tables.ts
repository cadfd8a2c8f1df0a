import type { DayUsage } from '../../domain/otp-store.ts';
import { Conversions } from './conversions.ts';
import { PackedMap } from './packed-map.ts';
import { References } from './references.ts';
import { emptySubject, packSubject, type Subject, unpackSubject } from './subject-row.ts';

/** What the verbs share. */
export interface MemoryTables {
  subject: (key: string, now: number) => Subject;
  keep: (key: string, subject: Subject, now: number) => void;
  /** The sends of the last 24 hours, by mobile. */
  mobiles: PackedMap;
  references: References;
  /** The sealed answer of the last ten seconds, by subject. */
  answers: PackedMap;
  conversions: Conversions;
  usage: (tenant: string, day: string) => DayUsage;
}

export function createTables(maxMobiles: number): MemoryTables {
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
