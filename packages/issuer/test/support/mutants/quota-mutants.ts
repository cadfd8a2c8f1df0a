import type { SendCounts, SendReservation } from '@verified-mobile/issuer';
import { HARMLESS, reserving, together, type Mutation } from './mutation.ts';

const oneMore = (whose: 'account' | 'agent', count: keyof SendCounts): Mutation =>
  reserving(({ quotas }) => ({
    quotas: { ...quotas, [whose]: { ...quotas[whose], [count]: quotas[whose][count] + 1 } },
  }));

/** Broken in what they do with the quotas of accounts and agents, and with budgets. */
export const QUOTA_MUTANTS: readonly [string, Mutation][] = [
  ...(['account', 'agent'] as const).flatMap((whose) =>
    (['perMinute', 'perHour', 'perDay'] as const).map((count): [string, Mutation] => [
      `sends one more for an ${whose} ${count}`,
      oneMore(whose, count),
    ]),
  ),
  ['counts all accounts together', reserving(() => ({ account: 'all' }))],
  ['counts all agents together', reserving(({ account }) => ({ agent: account }))],
  ['counts each agent as an account', reserving(({ agent }) => ({ account: agent }))],
  [
    'counts for the account what the agent may not send',
    (good) => ({
      async reserveSend(send, now) {
        const decision = await good.reserveSend(send, now);
        if (decision.outcome === 'refused' && decision.reason.startsWith('agent-')) {
          await good.reserveSend({ ...send, agent: 'another', reference: undefined }, now);
        }
        return decision;
      },
    }),
  ],
  [
    'counts for the account and its budget what the mobile refuses',
    (good) => ({
      async reserveSend(send, now) {
        const decision = await good.reserveSend(send, now);
        if (decision.outcome === 'refused' && decision.reason === 'cooldown') {
          const other = {
            subject: `other ${send.challenge.id}`,
            mobile: `other ${send.challenge.id}`,
            reference: undefined,
          };
          await good.reserveSend({ ...send, ...other }, now);
        }
        return decision;
      },
    }),
  ],
  [
    'counts for the mobile what the account may not send',
    (good) => ({
      async reserveSend(send, now) {
        const decision = await good.reserveSend(send, now);
        if (decision.outcome === 'refused' && decision.reason.startsWith('account-')) {
          await good.reserveSend({ ...send, account: 'another', limits: HARMLESS, reference: undefined }, now);
        }
        return decision;
      },
    }),
  ],
  [
    'goes on counting a cancelled send for its account',
    (good) => ({
      cancelSend: async (send, now, ...more) => good.cancelSend({ ...send, account: 'another' }, now, ...more),
    }),
  ],
  [
    'goes on counting a cancelled send for its agent',
    (good) => ({
      cancelSend: async (send, now, ...more) => good.cancelSend({ ...send, agent: 'another' }, now, ...more),
    }),
  ],
  [
    'takes a cancelled send from the newest twelfth',
    (good) => {
      let newest = 0;
      return {
        async reserveSend(send, now) {
          newest = Math.max(newest, now);
          return good.reserveSend(send, now);
        },
        cancelSend: async (send, _now, ...more) => good.cancelSend(send, newest, ...more),
      };
    },
  ],
  [
    'reads the sends of an account first and writes them later',
    (good) => {
      const reserve = together(async ({ send, now }: { subject: string; send: SendReservation; now: number }) =>
        good.reserveSend(send, now),
      );
      return { reserveSend: async (send, now) => reserve({ subject: send.account, send, now }) };
    },
  ],
  [
    'sends one more than the budget',
    reserving(({ quotas }) => ({
      quotas: { ...quotas, ...(quotas.budgetPerMonth !== undefined && { budgetPerMonth: quotas.budgetPerMonth + 1 }) },
    })),
  ],
  ['has one budget for all months', reserving(() => ({ month: 'all' }))],
  [
    'goes on using the budget for a cancelled send',
    (good) => ({
      cancelSend: async (send, now, ...more) => good.cancelSend({ ...send, month: 'another' }, now, ...more),
    }),
  ],
  [
    'refuses what was sent before because the budget is used up',
    (good) => ({
      async reserveSend(send, now) {
        const probe = {
          ...send,
          subject: `probe ${send.challenge.id}`,
          mobile: `probe ${send.challenge.id}`,
          reference: undefined,
        };
        const decision = await good.reserveSend(probe, now);
        if (decision.outcome === 'over-budget') return decision;
        if (decision.outcome === 'reserved') await good.cancelSend(probe, now);
        return good.reserveSend(send, now);
      },
    }),
  ],
  [
    'uses the budget for what was committed alone',
    (good) => {
      const committed = new Map<string, number>();
      return {
        async reserveSend(send, now) {
          const { budgetPerMonth, ...quotas } = send.quotas;
          const used = committed.get(`${send.account} ${send.month}`) ?? 0;
          if (budgetPerMonth !== undefined && used >= budgetPerMonth) return { outcome: 'over-budget' };
          return good.reserveSend({ ...send, quotas }, now);
        },
        async commitSend(send, now) {
          const key = `${send.account} ${send.month}`;
          committed.set(key, (committed.get(key) ?? 0) + 1);
          return good.commitSend(send, now);
        },
      };
    },
  ],
];
