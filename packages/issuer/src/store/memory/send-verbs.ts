import {
  DAY_MS,
  HOUR_MS,
  type OtpStore,
  REFUSED_SENDS_REMEMBERED,
  SENDS_UNDER_WAY,
  type SendReservation,
} from '../../domain/otp-store.ts';
import { waitOfSend, within } from './send-rules.ts';
import { packInstants, unpackInstants } from './subject-row.ts';
import type { MemoryTables } from './tables.ts';

type SendVerbs = Pick<OtpStore, 'reserveSend' | 'commitSend' | 'cancelSend'>;

export function sendVerbs(tables: MemoryTables): SendVerbs {
  return {
    async reserveSend(send, now) {
      const known = send.reference && tables.references.decide(send.reference, now);
      if (known !== undefined) return known;
      const subject = tables.subject(send.subject, now);
      const mobileSends = sendsToMobile(tables, send, now);
      const wait = waitOfSend(send, subject, mobileSends, now);
      if (wait !== undefined) return { outcome: 'refused', ...wait };
      const slowedMs = tables.conversions.waitMs(send.prefix, send.conversionGuard, now);
      if (slowedMs > 0) return { outcome: 'refused', reason: 'conversion', retryAfterMs: slowedMs };

      const sends = [...within(subject.sends, DAY_MS, now), now];
      const underWay = [...subject.underWay, send.id].slice(-SENDS_UNDER_WAY);
      tables.keep(send.subject, { ...subject, sends, underWay }, now);
      keepMobile(tables, send, [...mobileSends, now], now);
      tables.conversions.countSend(send.prefix, 1, send.conversionGuard, now);
      if (send.reference) tables.references.mark(send.reference, 'reserved', send.tid, now);
      return { outcome: 'reserved' };
    },

    async commitSend(send, challenge, now) {
      tables.usage.count(send.account, send.day, 'sent');
      if (send.reference) tables.references.mark(send.reference, 'sent', send.tid, now);
      const subject = tables.subject(send.subject, now);
      // An SMS that took longer than a later one: the later code is the one the customer will type.
      const index = subject.underWay.indexOf(send.id);
      if (index === -1) return { outcome: 'superseded' };
      const underWay = subject.underWay.slice(index + 1);
      tables.keep(send.subject, { ...subject, underWay, challenge, attempts: 0, answeredAt: 0 }, now);
      tables.answers.delete(send.subject);
      return { outcome: 'committed' };
    },

    async cancelSend(send, now) {
      const subject = tables.subject(send.subject, now);
      const underWay = subject.underWay.filter((id) => id !== send.id);
      const refused = [...within(subject.refused, HOUR_MS, now), now].slice(-REFUSED_SENDS_REMEMBERED);
      tables.keep(send.subject, { ...subject, sends: without(subject.sends, now), refused, underWay }, now);
      keepMobile(tables, send, without(sendsToMobile(tables, send, now), now), now);
      tables.conversions.countSend(send.prefix, -1, send.conversionGuard, now);
      if (send.reference) tables.references.forget(send.reference, send.tid, now);
    },
  };
}

function sendsToMobile({ mobiles }: MemoryTables, { mobile }: SendReservation, now: number): number[] {
  return within(unpackInstants(mobiles.get(mobile, now)?.[1] ?? ''), DAY_MS, now);
}

function keepMobile({ mobiles }: MemoryTables, { mobile }: SendReservation, sends: number[], now: number): void {
  mobiles.set(mobile, [String(now + DAY_MS), packInstants(sends)], now);
}

/** Less one send of that instant. */
function without(sends: readonly number[], instant: number): number[] {
  const index = sends.lastIndexOf(instant);
  return sends.filter((_, position) => position !== index);
}
