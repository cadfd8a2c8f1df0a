import type { SendReservation } from '@verified-mobile/issuer';
import { limiting, renaming, revive, reserving, together, type Mutation } from './mutation.ts';

/** Broken in what they do with a send. */
export const SEND_MUTANTS: readonly [string, Mutation][] = [
  ['ignores the cooldown', limiting(() => ({ cooldownSeconds: [0] }))],
  [
    'pauses always as after the first send',
    limiting(({ cooldownSeconds: [first = 0] }) => ({ cooldownSeconds: [first] })),
  ],
  ['sends one more in an hour', limiting(({ sendsPerHour }) => ({ sendsPerHour: sendsPerHour + 1 }))],
  ['sends one more in a day', limiting(({ sendsPerDay }) => ({ sendsPerDay: sendsPerDay + 1 }))],
  [
    'sends one more to a mobile in a day',
    reserving(({ sendsPerMobileAndDay }) => ({ sendsPerMobileAndDay: sendsPerMobileAndDay + 1 })),
  ],
  [
    'keeps no send to a mobile for other accounts',
    reserving(({ sendsPerMobileAndDay }) => ({ openSendsPerMobileAndDay: sendsPerMobileAndDay })),
  ],
  [
    'keeps one send too few for other accounts',
    reserving(({ openSendsPerMobileAndDay }) => ({ openSendsPerMobileAndDay: openSendsPerMobileAndDay + 1 })),
  ],
  [
    'keeps for an account what it sends beyond all',
    (good) => {
      const own = new Map<string, number>();
      return {
        async reserveSend(send, now) {
          const sends = own.get(send.subject) ?? 0;
          const decision = await good.reserveSend(sends < 2 ? { ...send, sendsPerMobileAndDay: 1000 } : send, now);
          if (decision.outcome === 'reserved') own.set(send.subject, sends + 1);
          return decision;
        },
      };
    },
  ],
  [
    'assures an account of nothing',
    reserving(({ sendsPerMobileAndDay: all, openSendsPerMobileAndDay: open }) => ({
      sendsPerMobileAndDay: Math.min(all, open),
    })),
  ],
  ['counts the sends to a mobile for each account alone', reserving(({ subject }) => ({ mobile: subject }))],
  [
    'takes a mobile at two accounts for one',
    (good) => {
      const mobiles = new Map<string, string>();
      const store = renaming(good, (subject) => mobiles.get(subject) ?? subject);
      return {
        ...store,
        async reserveSend(send, now) {
          mobiles.set(send.subject, send.mobile);
          return store.reserveSend(send, now);
        },
      };
    },
  ],
  [
    'ends every window a millisecond early',
    (good) => ({ reserveSend: async (send, now) => good.reserveSend(send, now + 1) }),
  ],
  ['sends to a mobile that is stopped', limiting(() => ({ failuresBeforeStop: 1000 }))],
  [
    'reads the sends first and writes them later',
    (good) => ({
      reserveSend: together(async (send: SendReservation, now: number) => good.reserveSend(send, now)),
    }),
  ],
  [
    'counts a send that it refuses',
    (good) => ({
      async reserveSend(send, now) {
        const decision = await good.reserveSend(send, now);
        const limits = { ...send.limits, cooldownSeconds: [0], sendsPerHour: 1000, sendsPerDay: 1000 };
        if (decision.outcome === 'refused') await good.reserveSend({ ...send, limits, reference: undefined }, now);
        return decision;
      },
    }),
  ],
  [
    'forgets the pause after a send that was cancelled',
    (good) => {
      const cancelled = new Set<string>();
      return {
        async reserveSend(send, now) {
          const limits = cancelled.has(send.subject) ? { ...send.limits, cooldownSeconds: [0] } : send.limits;
          return good.reserveSend({ ...send, limits }, now);
        },
        async cancelSend(send, now, ...more) {
          cancelled.add(send.subject);
          return good.cancelSend(send, now, ...more);
        },
      };
    },
  ],
  [
    'bills a send that was committed and never handed over',
    (good) => ({ cancelSend: async (send, now) => good.cancelSend(send, now) }),
  ],
  [
    'takes every cancelled send off the bill',
    (good) => ({ cancelSend: async (send, now) => good.cancelSend(send, now, true) }),
  ],
  ['goes on counting a send that was cancelled', () => ({ cancelSend: async () => {} })],
  [
    'kills the code before when a send is cancelled',
    (good) => ({
      async cancelSend(send, now, ...more) {
        await good.cancelSend(send, now, ...more);
        await revive(good, { ...send, challenge: { ...send.challenge, id: 'none' } }, now);
      },
    }),
  ],
  [
    'makes the code live when its send is reserved',
    (good) => ({
      async reserveSend(send, now) {
        const decision = await good.reserveSend(send, now);
        if (decision.outcome === 'reserved') await good.commitSend({ ...send, account: 'another' }, now);
        return decision;
      },
      async commitSend(send, now) {
        const result = await good.commitSend(send, now);
        return result.outcome === 'verified' ? { outcome: 'committed' } : result;
      },
    }),
  ],
  [
    'lets an older send replace a newer one',
    (good) => ({
      async commitSend(send, now) {
        const result = await good.commitSend(send, now);
        if (result.outcome !== 'superseded') return result;
        await revive(good, send, now);
        return { outcome: 'committed' };
      },
    }),
  ],
  [
    'kills the code of a slow send with the reservation of a newer one',
    (good) => {
      const newest = new Map<string, string>();
      return {
        async reserveSend(send, now) {
          const decision = await good.reserveSend(send, now);
          if (decision.outcome === 'reserved') newest.set(send.subject, send.challenge.id);
          return decision;
        },
        async commitSend(send, now) {
          if (newest.get(send.subject) !== send.challenge.id) return { outcome: 'superseded' };
          return good.commitSend(send, now);
        },
      };
    },
  ],
  [
    'splits what it keeps at a comma',
    reserving(({ challenge }) => ({
      challenge: { ...challenge, clientRefId: challenge.clientRefId.replace(/,.*/, '') },
    })),
  ],
  [
    'keeps the transaction of the code before',
    (good) => {
      const hashes = new Map<string, string>();
      return {
        async reserveSend({ challenge, ...send }, now) {
          const transactionHash = challenge.transactionHash || (hashes.get(send.subject) ?? '');
          hashes.set(send.subject, transactionHash);
          return good.reserveSend({ ...send, challenge: { ...challenge, transactionHash } }, now);
        },
      };
    },
  ],
];
