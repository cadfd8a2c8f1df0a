import { CODE_LIFETIME_MS, SAME_ANSWER_MS } from '../../domain/challenge.ts';
import { FIRST_WAIT_MS, type Limits, LONGEST_WAIT_MS } from '../../domain/limits.ts';
import { type AttemptRefusal, HOUR_MS, type OtpStore } from '../../domain/otp-store.ts';
import { within } from './send-rules.ts';
import { NO_FAILURES, type Subject } from './subject-row.ts';
import type { MemoryTables } from './tables.ts';

type AttemptVerbs = Pick<OtpStore, 'countAttempt' | 'consume' | 'release'>;

export function attemptVerbs(tables: MemoryTables): AttemptVerbs {
  return {
    async countAttempt(key, limits, now) {
      const subject = tables.subject(key, now);
      const { challenge } = subject;
      const reason = refusalOf(subject, limits, now);
      if (reason !== undefined || challenge === undefined)
        return { outcome: 'refused', reason: reason ?? 'never-sent' };
      const counted = withFailure(subject, limits, now);
      tables.keep(key, counted, now);
      return { outcome: 'compare', challenge, waitMs: Math.max(0, counted.waitsUntil - now) };
    },

    async consume({ subject: key, prefix, account, day, challenge, sealedAnswer }, now) {
      const subject = tables.subject(key, now);
      if (subject.challenge?.id !== challenge.id) return { outcome: 'lost' };
      const succeeded = { ...subject, ...NO_FAILURES, attempts: subject.attempts - 1 };
      if (subject.answeredAt > 0) {
        const answer = isAnswering(subject, now) ? tables.answers.get(key, now)?.[1] : undefined;
        if (answer === undefined) return { outcome: 'lost' };
        tables.keep(key, succeeded, now);
        return { outcome: 'repeated', sealedAnswer: answer };
      }
      if (now >= challenge.expiresAt) return { outcome: 'lost' };
      tables.keep(key, { ...succeeded, answeredAt: now }, now);
      tables.answers.set(key, [String(now + SAME_ANSWER_MS), sealedAnswer], now);
      tables.conversions.countVerified(prefix, challenge.expiresAt - CODE_LIFETIME_MS);
      tables.usage.count(account, day, 'verified');
      return { outcome: 'consumed' };
    },

    async release(key, now) {
      tables.keep(key, { ...tables.subject(key, now), ...NO_FAILURES }, now);
    },
  };
}

function refusalOf(subject: Subject, limits: Limits, now: number): AttemptRefusal | undefined {
  const { challenge, attempts, answeredAt } = subject;
  if (subject.failuresInRow >= limits.failuresBeforeStop) return 'stopped';
  if (now < subject.waitsUntil) return 'failures';
  if (challenge === undefined) return 'never-sent';
  if (answeredAt > 0 && !isAnswering(subject, now)) return 'used';
  if (answeredAt === 0 && now >= challenge.expiresAt) return 'expired';
  return attempts >= challenge.attemptsAllowed ? 'attempts-used' : undefined;
}

/** A right code takes it all back; until then every attempt is a wrong one. */
function withFailure(subject: Subject, limits: Limits, now: number): Subject {
  const failures = [...within(subject.failures, HOUR_MS, now), now].slice(-limits.failuresBeforeWait);
  const counted = { ...subject, attempts: subject.attempts + 1, failures, failuresInRow: subject.failuresInRow + 1 };
  // Once it has come to waiting, only a success ends it: an hour of waiting would empty the hour's list of failures.
  if (subject.waits === 0 && failures.length < limits.failuresBeforeWait) return counted;
  const waitMs = Math.min(FIRST_WAIT_MS * 2 ** subject.waits, LONGEST_WAIT_MS);
  return { ...counted, waits: subject.waits + 1, waitsUntil: now + waitMs };
}

/** Whether a consumed challenge still returns its answer to the same right code. */
function isAnswering({ answeredAt }: Subject, now: number): boolean {
  return now < answeredAt + SAME_ANSWER_MS;
}
