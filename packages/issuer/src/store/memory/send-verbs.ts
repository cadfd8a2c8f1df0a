import {
  DAY_MS,
  HOUR_MS,
  type OtpStore,
  REFUSED_SENDS_REMEMBERED,
  SENDS_UNDER_WAY,
  type SendReservation,
  waitingKey,
} from '../../domain/otp-store.ts';
import { withLive } from './codes.ts';
import { longest, type PossibleWait, waitOfSend, within } from './send-rules.ts';
import { packInstants, unpackInstants } from './subject-row.ts';
import type { MemoryTables } from './tables.ts';

type SendVerbs = Pick<OtpStore, 'reserveSend' | 'commitSend' | 'cancelSend'>;

export function sendVerbs(tables: MemoryTables): SendVerbs {
  return {
    async reserveSend(send, now) {
      const known = tables.references.decide(send, now);
      if (known !== undefined) return known;
      if (isOverBudget(tables, send)) return { outcome: 'over-budget' };
      const subject = tables.subject(send.subject, now);
      const mobileSends = sendsToMobile(tables, send, now);
      const failuresMs = tables.subject(waitingKey(send), now).waitsUntil - now;
      const others = [{ reason: 'failures', retryAfterMs: failuresMs } as const, ...tables.counters.waits(send, now)];
      const wait = waitOfSend(send, subject, mobileSends, others, now);
      if (wait !== undefined) return { outcome: 'refused', ...wait };
      const slowed = longest(slowdownsOf(tables, send, now));
      if (slowed !== undefined) return { outcome: 'refused', ...slowed };

      tables.requireRoom(send, now);
      const sends = [...within(subject.sends, DAY_MS, now), now];
      const code = { challenge: send.challenge, session: send.session, attempts: 0, answeredAt: 0 };
      const pending = [...subject.pending, code].slice(-SENDS_UNDER_WAY);
      tables.keep(send.subject, { ...subject, sends, pending }, now, send.account);
      keepMobile(tables, send, [...mobileSends, now], now);
      tables.counters.count(send, 1, now);
      tables.usage.reserve(send.account, send.month, 1);
      countConversions(tables, send, 1, now);
      tables.references.mark(send, 'reserved', now);
      return { outcome: 'reserved' };
    },

    async commitSend(send, now) {
      const { id } = send.challenge;
      tables.usage.count(send.account, send.day, 'sent');
      tables.references.mark(send, 'sent', now);
      const subject = tables.subject(send.subject, now);
      if (subject.live?.challenge.id === id) return { outcome: 'verified' };
      const codes = withLive(subject, id);
      // An SMS that took longer than a later one: the later code is the one the customer will type.
      if (codes === undefined) return { outcome: 'superseded' };
      tables.keep(send.subject, { ...subject, ...codes }, now);
      tables.answers.delete(send.subject);
      return { outcome: 'committed' };
    },

    async cancelSend(send, now, isCommitted = false) {
      const subject = tables.subject(send.subject, now);
      const code = subject.pending.find(({ challenge }) => challenge.id === send.challenge.id);
      const pending = subject.pending.filter((other) => other !== code);
      if (code?.attempts === 0) {
        const refused = [...within(subject.refused, HOUR_MS, now), now].slice(-REFUSED_SENDS_REMEMBERED);
        tables.keep(send.subject, { ...subject, sends: without(subject.sends, now), refused, pending }, now);
        keepMobile(tables, send, without(sendsToMobile(tables, send, now), now), now);
      } else if (code !== undefined) {
        // It was a code to guess at: the limits on sends are what bounds the guesses of a day.
        tables.keep(send.subject, { ...subject, pending }, now);
      }
      if (isCommitted) tables.usage.count(send.account, send.day, 'sent', -1);
      tables.counters.count(send, -1, now);
      tables.usage.reserve(send.account, send.month, -1);
      countConversions(tables, send, -1, now);
      tables.references.forget(send, now);
    },
  };
}

function isOverBudget({ usage }: MemoryTables, { account, month, quotas }: SendReservation): boolean {
  const { budgetPerMonth } = quotas;
  return budgetPerMonth !== undefined && usage.reservedIn(account, month) >= budgetPerMonth;
}

function slowdownsOf(tables: MemoryTables, send: SendReservation, now: number): PossibleWait[] {
  const { prefix, account, conversionGuard, accountConversionGuard } = send;
  const prefixMs = tables.conversions.waitMs(prefix, conversionGuard, now);
  const accountMs = tables.accountConversions.waitMs(account, accountConversionGuard, now);
  return [
    { reason: 'conversion', retryAfterMs: prefixMs },
    { reason: 'account-conversion', retryAfterMs: accountMs },
  ];
}

function countConversions(tables: MemoryTables, send: SendReservation, change: 1 | -1, now: number): void {
  tables.conversions.countSend(send.prefix, change, send.conversionGuard, now);
  tables.accountConversions.countSend(send.account, change, send.accountConversionGuard, now);
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
