import { CODE_LIFETIME_MS, SAME_ANSWER_MS } from '../../domain/challenge.ts';
import { FIRST_WAIT_MS, type Limits, LONGEST_WAIT_MS } from '../../domain/limits.ts';
import { type Attempt, type AttemptRefusal, HOUR_MS, type OtpStore, waitingKey } from '../../domain/otp-store.ts';
import { type Code, isAnswering, newestFirst, refusalOfCode, withLive } from './codes.ts';
import { within } from './send-rules.ts';
import { NO_FAILURES, NO_SESSION_FAILURES, type SessionFailures, type Subject } from './subject-row.ts';
import type { MemoryTables } from './tables.ts';

type AttemptVerbs = Pick<OtpStore, 'countAttempt' | 'consume' | 'release'>;

export function attemptVerbs(tables: MemoryTables): AttemptVerbs {
  return {
    async countAttempt(attempt, now) {
      const { subject: key, session, limits } = attempt;
      const subject = tables.subject(key, now);
      const waiting = tables.subject(waitingKey(attempt), now);
      const reason = refusalOf(subject, waiting, attempt, now);
      if (reason !== undefined) return { outcome: 'refused', reason };
      const failuresInRow = subject.failuresInRow + 1;
      const failures = withFailure(waiting, limits, now);
      keepFailures(tables, attempt, failures, now);
      const isCompared = (code: Code): boolean => refusalOfCode(code, session, now) === undefined;
      const count = (code: Code): Code => (isCompared(code) ? { ...code, attempts: code.attempts + 1 } : code);
      const { live, pending } = subject;
      const counted = { live: live && count(live), pending: pending.map(count), failuresInRow };
      tables.keep(key, { ...tables.subject(key, now), ...counted }, now);
      const challenges = newestFirst(subject)
        .filter(isCompared)
        .map(({ challenge }) => challenge);
      const waitMs = Math.max(0, failures.waitsUntil - now);
      return { outcome: 'compare', challenges, waitMs, stops: failuresInRow >= limits.failuresBeforeStop };
    },

    async consume(consumption, now) {
      const { subject: key, prefix, account, day, challenge, sealedAnswer } = consumption;
      const codes = withLive(tables.subject(key, now), challenge.id);
      if (codes === undefined) return { outcome: 'lost' };
      const { live, pending } = codes;
      const succeed = (answeredAt: number): void => {
        keepFailures(tables, consumption, NO_SESSION_FAILURES, now);
        const consumed = { ...live, attempts: live.attempts - 1, answeredAt };
        tables.keep(key, { ...tables.subject(key, now), live: consumed, pending, failuresInRow: 0 }, now);
      };
      if (live.answeredAt > 0) {
        const answer = isAnswering(live, now) ? tables.answers.get(key, now)?.[1] : undefined;
        if (answer === undefined) return { outcome: 'lost' };
        succeed(live.answeredAt);
        return { outcome: 'repeated', sealedAnswer: answer };
      }
      if (now >= challenge.expiresAt) return { outcome: 'lost' };
      succeed(now);
      tables.answers.set(key, [String(now + SAME_ANSWER_MS), sealedAnswer], now);
      const sentAt = challenge.expiresAt - CODE_LIFETIME_MS;
      tables.conversions.countVerified(prefix, sentAt);
      tables.accountConversions.countVerified(account, sentAt);
      tables.usage.count(account, day, 'verified');
      return { outcome: 'consumed' };
    },

    async release(key, now) {
      tables.keep(key, { ...tables.subject(key, now), ...NO_FAILURES }, now);
    },
  };
}

/** In the row of a session with a name, or in the subject's own. */
function keepFailures(
  tables: MemoryTables,
  { account, ...given }: Omit<Attempt, 'limits'>,
  failures: SessionFailures,
  now: number,
): void {
  const key = waitingKey(given);
  tables.keep(key, { ...tables.subject(key, now), ...failures }, now, account);
}

/** Why there is nothing to compare with: what the live code says, or the newest pending one. */
function refusalOf(
  subject: Subject,
  waiting: Subject,
  { session, limits }: Attempt,
  now: number,
): AttemptRefusal | undefined {
  if (subject.failuresInRow >= limits.failuresBeforeStop) return 'stopped';
  if (now < waiting.waitsUntil) return 'failures';
  const codes = newestFirst(subject);
  const refusals = codes.map((code) => refusalOfCode(code, session, now));
  if (refusals.includes(undefined)) return undefined;
  return (subject.live === undefined ? refusals[0] : refusals.at(-1)) ?? 'never-sent';
}

/** A right code takes it all back; until then every attempt is a wrong one. */
function withFailure(waiting: Subject, limits: Limits, now: number): SessionFailures {
  const failures = [...within(waiting.failures, HOUR_MS, now), now].slice(-limits.failuresBeforeWait);
  const { waits, waitsUntil } = waiting;
  // Once it has come to waiting, only a success ends it: an hour of waiting would empty the hour's list of failures.
  if (waits === 0 && failures.length < limits.failuresBeforeWait) return { failures, waits, waitsUntil };
  const waitMs = Math.min(FIRST_WAIT_MS * 2 ** waits, LONGEST_WAIT_MS);
  return { failures, waits: waits + 1, waitsUntil: now + waitMs };
}
