import type { DayUsage } from '../../domain/otp-store.ts';
import type { Conversions } from './conversions.ts';
import type { PackedMap } from './packed-map.ts';
import type { References } from './references.ts';
import type { Subject } from './subject-row.ts';

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
