import type { AttemptDecision, Challenge, OtpStore, SendReservation } from '@verified-mobile/issuer';
import { asNew, HARMLESS, revive, type Mutation } from './mutation.ts';

/** Broken in what they do with a code whose SMS is being handed over. */
export const PENDING_MUTANTS: readonly [string, Mutation][] = [
  [
    'compares with a code only when its SMS was accepted',
    (good) => {
      const pending = pendingSends(good);
      return {
        ...pending.verbs,
        countAttempt: async (attempt, now) =>
          withoutSome(await good.countAttempt(attempt, now), ({ id }) => pending.has(attempt.subject, id)),
      };
    },
  ],
  [
    'compares with the newest code alone',
    (good) => ({
      async countAttempt(attempt, now) {
        const decision = await good.countAttempt(attempt, now);
        return withoutSome(decision, ({ id }) => decision.outcome === 'compare' && id !== decision.challenges[0]?.id);
      },
    }),
  ],
  [
    'begins to count attempts again when the SMS was accepted',
    (good) => ({
      async commitSend(send, now) {
        const result = await good.commitSend(send, now);
        if (result.outcome === 'committed') await revive(good, send, now);
        return result;
      },
    }),
  ],
  [
    'counts a guess at one of the codes that it was compared with',
    (good) => {
      const pending = pendingSends(good);
      return {
        ...pending.verbs,
        async countAttempt(attempt, now) {
          const decision = await good.countAttempt(attempt, now);
          if (decision.outcome === 'refused' || decision.challenges.length === 1) return decision;
          for (const send of pending.of(attempt.subject)) {
            await good.cancelSend(asNew(send), now);
            await good.reserveSend(asNew(send), now);
          }
          return decision;
        },
      };
    },
  ],
  [
    'counts a failure for each code that was compared with',
    (good) => ({
      async countAttempt(attempt, now) {
        const decision = await good.countAttempt(attempt, now);
        if (decision.outcome === 'compare' && decision.challenges.length > 1) {
          await good.countAttempt({ ...attempt, limits: HARMLESS }, now);
        }
        return decision;
      },
    }),
  ],
  [
    'compares with a code that is being sent for every session',
    (good) => {
      const pending = pendingSends(good);
      return {
        ...pending.verbs,
        async countAttempt(attempt, now) {
          const session = pending.of(attempt.subject).at(-1)?.session ?? attempt.session;
          return good.countAttempt({ ...attempt, session }, now);
        },
      };
    },
  ],
  [
    'compares with an expired code whose send never ended',
    (good) => {
      const pending = pendingSends(good);
      return {
        ...pending.verbs,
        async countAttempt(attempt, now) {
          const [send] = pending.of(attempt.subject);
          return good.countAttempt(attempt, send ? Math.min(now, send.challenge.expiresAt - 1) : now);
        },
      };
    },
  ],
  [
    'goes on accepting the code of a send that was cancelled',
    (good) => ({
      async cancelSend(send, now, ...more) {
        await good.cancelSend(send, now, ...more);
        await good.reserveSend(asNew(send), now);
      },
    }),
  ],
  [
    'kills the code of a slow send when a newer one is cancelled',
    (good) => {
      const pending = pendingSends(good);
      return {
        ...pending.verbs,
        async cancelSend(send, now, ...more) {
          const [oldest] = pending.of(send.subject);
          await pending.verbs.cancelSend(send, now, ...more);
          if (oldest && oldest.challenge.id !== send.challenge.id) await good.cancelSend(asNew(oldest), now);
        },
      };
    },
  ],
  [
    'revives a used code when its SMS is accepted',
    (good) => ({
      async commitSend(send, now) {
        const result = await good.commitSend(send, now);
        if (result.outcome === 'verified') await revive(good, send, now);
        return result;
      },
    }),
  ],
  [
    'revives a used code when its send is cancelled',
    (good) => {
      const used = new Set<string>();
      return {
        async consume(consumption, now) {
          used.add(consumption.challenge.id);
          return good.consume(consumption, now);
        },
        async cancelSend(send, now, ...more) {
          await good.cancelSend(send, now, ...more);
          if (used.has(send.challenge.id)) await revive(good, send, now);
        },
      };
    },
  ],
  [
    'forgets the answer of a used code when its SMS is accepted',
    (good) => {
      const ended = new Set<string>();
      return {
        async commitSend(send, now) {
          ended.add(send.challenge.id);
          return good.commitSend(send, now);
        },
        async consume(consumption, now) {
          const result = await good.consume(consumption, now);
          return result.outcome === 'repeated' && ended.has(consumption.challenge.id) ? { outcome: 'lost' } : result;
        },
      };
    },
  ],
  [
    'does not bill a code that was used before its SMS was accepted',
    (good) => {
      const used = new Set<string>();
      return {
        async consume(consumption, now) {
          used.add(consumption.challenge.id);
          return good.consume(consumption, now);
        },
        commitSend: async (send, now) =>
          good.commitSend(used.has(send.challenge.id) ? { ...send, account: 'another' } : send, now),
      };
    },
  ],
  [
    'leaves alone what was being sent for longer than a code that is used',
    (good) => {
      const pending = pendingSends(good);
      return {
        ...pending.verbs,
        async consume(consumption, now) {
          const sends = pending.of(consumption.subject);
          const index = sends.findIndex(({ challenge }) => challenge.id === consumption.challenge.id);
          const result = await good.consume(consumption, now);
          for (const send of sends.slice(0, Math.max(0, index))) await good.reserveSend(asNew(send), now);
          return result;
        },
      };
    },
  ],
  [
    'kills what is being sent with the use of an older code',
    (good) => {
      const pending = pendingSends(good);
      return {
        ...pending.verbs,
        async consume(consumption, now) {
          const result = await good.consume(consumption, now);
          for (const send of pending.of(consumption.subject)) await good.cancelSend(asNew(send), now);
          return result;
        },
      };
    },
  ],
  ...(['guessed at', 'used', 'replaced'] as const).map((what): [string, Mutation] => [
    `counts no send that was cancelled when its code had been ${what}`,
    (good) => forgiving(good, what),
  ]),
];

/** The sends of each subject that have not ended, oldest first. */
function pendingSends(good: OtpStore): {
  verbs: Pick<OtpStore, 'reserveSend' | 'commitSend' | 'cancelSend'>;
  of: (subject: string) => readonly SendReservation[];
  has: (subject: string, id: string) => boolean;
} {
  const sends = new Map<string, SendReservation[]>();
  const of = (subject: string): SendReservation[] => sends.get(subject) ?? [];
  const drop = ({ subject, challenge }: SendReservation): void =>
    void sends.set(
      subject,
      of(subject).filter((send) => send.challenge.id !== challenge.id),
    );
  return {
    verbs: {
      async reserveSend(send, now) {
        const decision = await good.reserveSend(send, now);
        if (decision.outcome === 'reserved') sends.set(send.subject, [...of(send.subject), send]);
        return decision;
      },
      async commitSend(send, now) {
        drop(send);
        return good.commitSend(send, now);
      },
      async cancelSend(send, now, ...more) {
        drop(send);
        await good.cancelSend(send, now, ...more);
      },
    },
    of,
    has: (subject, id) => of(subject).some(({ challenge }) => challenge.id === id),
  };
}

function withoutSome(decision: AttemptDecision, drops: (challenge: Challenge) => boolean): AttemptDecision {
  if (decision.outcome === 'refused') return decision;
  const challenges = decision.challenges.filter((challenge) => !drops(challenge));
  return challenges.length > 0 ? { ...decision, challenges } : { outcome: 'refused', reason: 'never-sent' };
}

/** Lets one send more through for each that was cancelled after its code had met with that. */
function forgiving(good: OtpStore, what: 'guessed at' | 'used' | 'replaced'): Partial<OtpStore> {
  const fates = { 'guessed at': new Set<string>(), used: new Set<string>(), replaced: new Set<string>() };
  const forgiven = new Map<string, number>();
  const pending = pendingSends(good);
  return {
    ...pending.verbs,
    async reserveSend(send, now) {
      const more = forgiven.get(send.subject) ?? 0;
      const limits = { ...send.limits, sendsPerHour: send.limits.sendsPerHour + more };
      return pending.verbs.reserveSend({ ...send, limits }, now);
    },
    async commitSend(send, now) {
      for (const other of pending.of(send.subject)) fates.replaced.add(other.challenge.id);
      return pending.verbs.commitSend(send, now);
    },
    async countAttempt(attempt, now) {
      for (const send of pending.of(attempt.subject)) fates['guessed at'].add(send.challenge.id);
      return good.countAttempt(attempt, now);
    },
    async consume(consumption, now) {
      fates.used.add(consumption.challenge.id);
      return good.consume(consumption, now);
    },
    async cancelSend(send, now, ...more) {
      if (fates[what].has(send.challenge.id)) forgiven.set(send.subject, (forgiven.get(send.subject) ?? 0) + 1);
      await pending.verbs.cancelSend(send, now, ...more);
    },
  };
}
