import { Conversions } from './conversions.ts';
import { PackedMap } from './packed-map.ts';
import { References } from './references.ts';
import { emptySubject, packSubject, type Subject, unpackSubject } from './subject-row.ts';
import { Usage } from './usage.ts';

/** What the verbs share. */
export interface MemoryTables {
  readonly subject: (key: string, now: number) => Subject;
  readonly keep: (key: string, subject: Subject, now: number) => void;
  /** The sends of the last 24 hours, by mobile. */
  readonly mobiles: PackedMap;
  readonly references: References;
  /** The sealed answer of the last ten seconds, by subject. */
  readonly answers: PackedMap;
  readonly conversions: Conversions;
  readonly usage: Usage;
}

export function createTables(maxMobiles: number): MemoryTables {
  const subjects = new PackedMap(maxMobiles);
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
    usage: new Usage(),
  };
}
