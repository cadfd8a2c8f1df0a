import type { SendReservation } from '../../domain/otp-store.ts';
import { Conversions } from './conversions.ts';
import { PackedMap } from './packed-map.ts';
import { References } from './references.ts';
import { SendCounters } from './send-counters.ts';
import { emptySubject, packSubject, type Subject, unpackSubject } from './subject-row.ts';
import { Usage } from './usage.ts';

/** What the verbs share. */
export interface MemoryTables {
  readonly subject: (key: string, now: number) => Subject;
  /** `account` owns the row if it is new. */
  readonly keep: (key: string, subject: Subject, now: number, account?: string) => void;
  /**
   * For all the rows of one send: refuses before one of them is written.
   *
   * @throws {IssuerError} `store_full`
   */
  readonly requireRoom: (send: SendReservation, now: number) => void;
  /** The sends of the last 24 hours, by mobile. */
  readonly mobiles: PackedMap;
  readonly references: References;
  /** The sealed answer of the last ten seconds, by subject. */
  readonly answers: PackedMap;
  readonly counters: SendCounters;
  /** By prefix. */
  readonly conversions: Conversions;
  readonly accountConversions: Conversions;
  readonly usage: Usage;
}

export function createTables(maxMobiles: number): MemoryTables {
  const subjects = new PackedMap(maxMobiles);
  const mobiles = new PackedMap(maxMobiles);
  // One mobile may be sent to under several references in a day, and by more than one agent.
  const references = new References(new PackedMap(maxMobiles * 4));
  const counters = new SendCounters(new PackedMap(maxMobiles * 2));
  return {
    subject(key, now) {
      const row = subjects.get(key, now);
      return row === undefined ? emptySubject() : unpackSubject(row);
    },
    keep: (key, subject, now, account) => subjects.set(key, packSubject(subject, now), now, account),
    requireRoom(send, now) {
      subjects.requireRoom([send.subject], now, send.account);
      // Of nobody: there is one for all accounts, and no more of them than of subjects.
      mobiles.requireRoom([send.mobile], now);
      references.requireRoom(send, now);
      counters.requireRoom(send, now);
    },
    mobiles,
    references,
    answers: new PackedMap(maxMobiles),
    counters,
    conversions: new Conversions(),
    accountConversions: new Conversions(),
    usage: new Usage(),
  };
}
