import { CODE_LIFETIME_MS, SAME_ANSWER_MS } from '../../domain/challenge.ts';
import { FIRST_WAIT_MS, type Limits, LONGEST_WAIT_MS } from '../../domain/limits.ts';
import { type Attempt, type AttemptRefusal, HOUR_MS, type OtpStore, waitingKey } from '../../domain/otp-store.ts';
import { within } from './send-rules.ts';
import { NO_FAILURES, NO_SESSION_FAILURES, type SessionFailures, type Subject } from './subject-row.ts';
import type { MemoryTables } from './tables.ts';

type AttemptVerbs = Pick<OtpStore, 'countAttempt' | 'consume' | 'release'>;

export function attemptVerbs(tables: MemoryTables): AttemptVerbs {
  return {
    async countAttempt(attempt, now) {
      const { subject: key, limits } = attempt;
      const subject = tables.subject(key, now);
      const waiting = tables.subject(waitingKey(attempt), now);
      const { challenge } = subject;
      const reason = refusalOf(subject, waiting, attempt, now);
      if (reason !== undefined || challenge === undefined)
        return { outcome: 'refused', reason: reason ?? 'never-sent' };
      const failuresInRow = subject.failuresInRow + 1;
      const failures = withFailure(waiting, limits, now);
      keepFailures(tables, attempt, failures, now);
      const counted = { attempts: subject.attempts + 1, failuresInRow };
      tables.keep(key, { ...tables.subject(key, now), ...counted }, now);
      const waitMs = Math.max(0, failures.waitsUntil - now);
      return { outcome: 'compare', challenge, waitMs, stops: failuresInRow >= limits.failuresBeforeStop };
    },

    async consume(consumption, now) {
      const { subject: key, prefix, account, day, challenge, sealedAnswer } = consumption;
      const subject = tables.subject(key, now);
      if (subject.challenge?.id !== challenge.id) return { outcome: 'lost' };
      const succeed = (answeredAt: number): void => {
        keepFailures(tables, consumption, NO_SESSION_FAILURES, now);
        const counted = { failuresInRow: 0, attempts: subject.attempts - 1, answeredAt };
        tables.keep(key, { ...tables.subject(key, now), ...counted }, now);
      };
      if (subject.answeredAt > 0) {
        const answer = isAnswering(subject, now) ? tables.answers.get(key, now)?.[1] : undefined;
        if (answer === undefined) return { outcome: 'lost' };
        succeed(subject.answeredAt);
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

function refusalOf(
  subject: Subject,
  waiting: Subject,
  { session, limits }: Attempt,
  now: number,
): AttemptRefusal | undefined {
  const { challenge, attempts, answeredAt } = subject;
  if (subject.failuresInRow >= limits.failuresBeforeStop) return 'stopped';
  if (now < waiting.waitsUntil) return 'failures';
  if (challenge === undefined) return 'never-sent';
  if (subject.session !== session) return 'other-session';
  if (answeredAt > 0 && !isAnswering(subject, now)) return 'used';
  if (answeredAt === 0 && now >= challenge.expiresAt) return 'expired';
  return attempts >= challenge.attemptsAllowed ? 'attempts-used' : undefined;
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

/** Whether a consumed challenge still returns its answer to the same right code. */
function isAnswering({ answeredAt }: Subject, now: number): boolean {
  return now < answeredAt + SAME_ANSWER_MS;
}
