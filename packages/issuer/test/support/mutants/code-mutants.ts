import type { Attempt, Challenge, ChallengeConsumption } from '@verified-mobile/issuer';
import { counting, HARMLESS, renaming, together, type Mutation } from './mutation.ts';

/** Broken in what they do with an attempt and with a right code. */
export const CODE_MUTANTS: readonly [string, Mutation][] = [
  [
    'counts attempts that come together as one',
    (good) => ({
      countAttempt: together(async (attempt: Attempt, now: number) => good.countAttempt(attempt, now)),
    }),
  ],
  [
    'compares an expired code',
    (good) => ({ countAttempt: async (attempt, now) => good.countAttempt(attempt, now - 1) }),
  ],
  ['waits one failure too late', counting((limits) => ({ failuresBeforeWait: limits.failuresBeforeWait + 1 }))],
  ['stops one failure too late', counting((limits) => ({ failuresBeforeStop: limits.failuresBeforeStop + 1 }))],
  ['never makes a mobile wait', counting(() => ({ failuresBeforeWait: 10_000 }))],
  [
    'lets a resend reset the failures',
    (good) => ({
      async commitSend(send, now) {
        await good.release(send.subject, now);
        return good.commitSend(send, now);
      },
    }),
  ],
  [
    'gives every wait the same length',
    (good) => ({
      async countAttempt(attempt, now) {
        const decision = await good.countAttempt(attempt, now);
        return decision.outcome === 'compare' ? { ...decision, waitMs: Math.min(decision.waitMs, 30_000) } : decision;
      },
    }),
  ],
  [
    'does not say which attempt stops',
    (good) => ({
      async countAttempt(attempt, now) {
        const decision = await good.countAttempt(attempt, now);
        return decision.outcome === 'compare' ? { ...decision, stops: false } : decision;
      },
    }),
  ],
  [
    'says of every attempt that it stops',
    (good) => ({
      async countAttempt(attempt, now) {
        const decision = await good.countAttempt(attempt, now);
        return decision.outcome === 'compare' ? { ...decision, stops: true } : decision;
      },
    }),
  ],
  ['releases nothing', () => ({ release: async () => {} })],
  [
    'forgets the live code with the failures',
    (good) => ({
      async release(subject, now) {
        await good.release(subject, now);
        for (let guesses = 0; guesses < 5; guesses += 1) await good.countAttempt(harmless(subject), now);
        await good.release(subject, now);
      },
    }),
  ],
  ['folds the case of keys', (good) => renaming(good, (subject) => subject.toLowerCase())],
  [
    'counts a failure though nothing was sent',
    (good) => {
      const failed = new Set<string>();
      return {
        async countAttempt(attempt, now) {
          if (failed.has(attempt.subject)) return { outcome: 'refused', reason: 'stopped' };
          const decision = await good.countAttempt(attempt, now);
          if (decision.outcome === 'refused' && decision.reason === 'never-sent') failed.add(attempt.subject);
          return decision;
        },
      };
    },
  ],
  [
    'counts the attempts at the code before against a new one',
    (good) => {
      const attempts = new Map<string, number>();
      return {
        async countAttempt(attempt, now) {
          attempts.set(attempt.subject, (attempts.get(attempt.subject) ?? 0) + 1);
          return good.countAttempt(attempt, now);
        },
        async commitSend(send, now) {
          const result = await good.commitSend(send, now);
          for (let count = attempts.get(send.subject) ?? 0; count > 0; count -= 1) {
            await good.countAttempt(harmless(send.subject), now);
          }
          return result;
        },
      };
    },
  ],
  [
    'consumes a challenge twice',
    (good) => ({
      async consume(consumption, now) {
        const result = await good.consume(consumption, now);
        return result.outcome === 'repeated' ? { outcome: 'consumed' } : result;
      },
    }),
  ],
  [
    'reads a challenge first and consumes it later',
    (good) => ({
      consume: together(async (consumption: ChallengeConsumption, now: number) => good.consume(consumption, now)),
    }),
  ],
  [
    'gives each caller its own answer',
    (good) => ({
      async consume(consumption, now) {
        const result = await good.consume(consumption, now);
        return result.outcome === 'repeated' ? { ...result, sealedAnswer: consumption.sealedAnswer } : result;
      },
    }),
  ],
  [
    'repeats no answer',
    (good) => ({
      async consume(consumption, now) {
        const result = await good.consume(consumption, now);
        return result.outcome === 'repeated' ? { outcome: 'lost' } : result;
      },
    }),
  ],
  [
    'repeats an answer a millisecond too long',
    (good) => ({ consume: async (given, now) => good.consume(given, now - 1) }),
  ],
  ['consumes a code a millisecond less', (good) => ({ consume: async (given, now) => good.consume(given, now + 1) })],
  [
    'consumes whatever challenge is live',
    (good) => {
      const live = new Map<string, Challenge>();
      return {
        async commitSend(send, now) {
          live.set(send.subject, send.challenge);
          return good.commitSend(send, now);
        },
        consume: async (given, now) =>
          good.consume({ ...given, challenge: live.get(given.subject) ?? given.challenge }, now),
      };
    },
  ],
  [
    'keeps the failures of a code that was right',
    (good) => ({
      async consume(consumption, now) {
        const result = await good.consume(consumption, now);
        await good.countAttempt(harmless(consumption.subject), now);
        return result;
      },
    }),
  ],
  [
    'consumes what it has never seen',
    (good) => {
      const sent = new Set<string>();
      return {
        async commitSend(send, now) {
          sent.add(send.subject);
          return good.commitSend(send, now);
        },
        consume: async (consumption, now) =>
          sent.has(consumption.subject) ? good.consume(consumption, now) : { outcome: 'consumed' },
      };
    },
  ],
];

/** An attempt at a code that was sent in a session without a name. */
function harmless(subject: string): Attempt {
  return { account: 'any', subject, session: '', limits: HARMLESS };
}
