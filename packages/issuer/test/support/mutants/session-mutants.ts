import type { Attempt, OtpStore } from '@verified-mobile/issuer';
import type { Mutation } from './mutation.ts';

/** Broken in what they do with the sessions of a mobile. */
export const SESSION_MUTANTS: readonly [string, Mutation][] = [
  ['knows no sessions', (good) => inSession(good, () => '')],
  [
    'compares a code for every session',
    (good) => {
      const sentIn = new Map<string, string>();
      return {
        async commitSend(send, now) {
          sentIn.set(send.subject, send.session);
          return good.commitSend(send, now);
        },
        async countAttempt(attempt, now) {
          const session = sentIn.get(attempt.subject) ?? attempt.session;
          return good.countAttempt({ ...attempt, session }, now);
        },
      };
    },
  ],
  [
    'counts what it refuses of another session',
    (good) => {
      const sentIn = new Map<string, string>();
      return {
        async commitSend(send, now) {
          sentIn.set(send.subject, send.session);
          return good.commitSend(send, now);
        },
        async countAttempt(attempt, now) {
          const decision = await good.countAttempt(attempt, now);
          if (decision.outcome === 'refused' && decision.reason === 'other-session') {
            await good.countAttempt({ ...attempt, session: sentIn.get(attempt.subject) ?? '' }, now);
          }
          return decision;
        },
      };
    },
  ],
  [
    'stops a session and not the mobile',
    (good) => {
      const failures = new Map<string, number>();
      const isStopped = ({ subject, session, limits }: Attempt): boolean =>
        (failures.get(subject + session) ?? 0) >= limits.failuresBeforeStop;
      return {
        async reserveSend(send, now) {
          return good.reserveSend({ ...send, limits: { ...send.limits, failuresBeforeStop: 1000 } }, now);
        },
        async countAttempt(attempt, now) {
          if (isStopped(attempt)) return { outcome: 'refused', reason: 'stopped' };
          const limits = { ...attempt.limits, failuresBeforeStop: 1000 };
          const decision = await good.countAttempt({ ...attempt, limits }, now);
          if (decision.outcome !== 'compare') return decision;
          const key = attempt.subject + attempt.session;
          failures.set(key, (failures.get(key) ?? 0) + 1);
          return { ...decision, stops: isStopped(attempt) };
        },
      };
    },
  ],
  [
    'lets a session send that must wait',
    (good) => ({
      async reserveSend(send, now) {
        const decision = await good.reserveSend(send, now);
        const isWaiting = decision.outcome === 'refused' && decision.reason === 'failures';
        return isWaiting && send.session !== '' ? { outcome: 'reserved' } : decision;
      },
    }),
  ],
  [
    'ends the waits of all sessions with a right code',
    (good) => {
      const sessions = new Map<string, Set<string>>();
      return {
        async countAttempt(attempt, now) {
          const { subject, session } = attempt;
          sessions.set(subject, (sessions.get(subject) ?? new Set()).add(session));
          return good.countAttempt(attempt, now);
        },
        async consume(consumption, now) {
          const result = await good.consume(consumption, now);
          for (const session of sessions.get(consumption.subject) ?? []) {
            await good.consume({ ...consumption, session }, now);
          }
          return result;
        },
      };
    },
  ],
  [
    'keeps the failures of a session whose code was right',
    (good) => ({
      consume: async (consumption, now) => good.consume({ ...consumption, session: '' }, now),
    }),
  ],
];

function inSession(good: OtpStore, change: (session: string) => string): Partial<OtpStore> {
  const changed = <Given extends { readonly session: string }>(given: Given): Given => ({
    ...given,
    session: change(given.session),
  });
  return {
    reserveSend: async (send, now) => good.reserveSend(changed(send), now),
    commitSend: async (send, now) => good.commitSend(changed(send), now),
    countAttempt: async (attempt, now) => good.countAttempt(changed(attempt), now),
    consume: async (consumption, now) => good.consume(changed(consumption), now),
  };
}
