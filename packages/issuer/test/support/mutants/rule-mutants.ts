import { reserving, type Mutation } from './mutation.ts';

/** Broken in the rules about prefixes, references and bills. */
export const RULE_MUTANTS: readonly [string, Mutation][] = [
  [
    'slows no prefix',
    reserving(({ conversionGuard }) => ({ conversionGuard: { ...conversionGuard, minimumShare: 0 } })),
  ],
  ['slows every prefix alike', reserving(() => ({ prefix: 'every prefix' }))],
  [
    'slows a prefix one send too early',
    reserving(({ conversionGuard: guard }) => ({
      conversionGuard: { ...guard, minimumSends: guard.minimumSends - 1 },
    })),
  ],
  [
    'asks for a greater share than it should',
    reserving(({ conversionGuard: guard }) => ({
      conversionGuard: { ...guard, minimumShare: guard.minimumShare * 1.1 },
    })),
  ],
  [
    'counts no verified code',
    (good) => ({ consume: async (given, now) => good.consume({ ...given, prefix: 'none' }, now) }),
  ],
  [
    'slows no account',
    reserving(({ accountConversionGuard }) => ({
      accountConversionGuard: { ...accountConversionGuard, minimumShare: 0 },
    })),
  ],
  [
    'slows an account one send too early',
    reserving(({ accountConversionGuard: guard }) => ({
      accountConversionGuard: { ...guard, minimumSends: guard.minimumSends - 1 },
    })),
  ],
  [
    'counts the verified codes of an account for another one',
    (good) => ({ consume: async (given, now) => good.consume({ ...given, account: 'none' }, now) }),
  ],
  [
    'uses the budget for a send that it slows',
    (good) => ({
      async reserveSend(send, now) {
        const decision = await good.reserveSend(send, now);
        if (decision.outcome === 'refused' && decision.reason === 'conversion') {
          await good.reserveSend({ ...send, prefix: 'another', reference: undefined }, now);
        }
        return decision;
      },
    }),
  ],
  ['forgets every reference', reserving(() => ({ reference: undefined }))],
  [
    'takes another request for the same one',
    reserving(({ reference }) => ({ reference: reference && { ...reference, body: '' } })),
  ],
  [
    'remembers a reference for a millisecond less',
    (good) => ({ reserveSend: async (send, now) => good.reserveSend(send, send.reference ? now + 1 : now) }),
  ],
  [
    'never gives a reference free that was abandoned',
    (good) => {
      const first = new Map<string, number>();
      return {
        async reserveSend(send, now) {
          const at = send.reference ? (first.get(send.reference.key) ?? now) : now;
          if (send.reference) first.set(send.reference.key, at);
          return good.reserveSend(send, Math.min(now, at + 59_999));
        },
      };
    },
  ],
  [
    'forgets whatever reference a cancelled send names',
    (good) => {
      const tids = new Map<string, string>();
      return {
        async reserveSend(send, now) {
          const decision = await good.reserveSend(send, now);
          if (send.reference && decision.outcome === 'reserved') tids.set(send.reference.key, send.tid);
          return decision;
        },
        cancelSend: async (send, now, ...more) =>
          good.cancelSend({ ...send, tid: tids.get(send.reference?.key ?? '') ?? send.tid }, now, ...more),
      };
    },
  ],
  [
    'bills all accounts together',
    (good) => ({
      commitSend: async (send, now) => good.commitSend({ ...send, account: 'all' }, now),
      consume: async (given, now) => good.consume({ ...given, account: 'all' }, now),
      usage: async (_account, days) => good.usage('all', days),
    }),
  ],
  [
    'bills the days in their own order',
    (good) => ({ usage: async (account, days) => good.usage(account, days.toSorted()) }),
  ],
  [
    'bills what was reserved',
    (good) => ({
      async reserveSend(send, now) {
        await good.commitSend({ ...send, subject: 'none', reference: undefined }, now);
        return good.reserveSend(send, now);
      },
    }),
  ],
];
