/** How an outbox is broken in one way, for its suite to refuse. */
import type { Outbox, SmsReceipt } from '@verified-mobile/issuer';

/** The memory outbox with some of its verbs replaced; `good` is what they were. */
export type OutboxMutation = (good: Outbox) => Partial<Outbox>;

/** Who holds each message, as far as its suite's calls tell. */
function holders(good: Outbox): { of: (id: string) => string; enqueue: Outbox['enqueue'] } {
  const known = new Map<string, string>();
  return {
    of: (id) => known.get(id) ?? '',
    async enqueue(message, place, now) {
      known.set(message.id, place.node);
      return good.enqueue(message, place, now);
    },
  };
}

/** Where each message goes, as far as its suite's calls tell. */
function routes(good: Outbox): { of: (id: string) => string; verbs: Pick<Outbox, 'enqueue' | 'begin'> } {
  const known = new Map<string, string>();
  return {
    of: (id) => known.get(id) ?? '',
    verbs: {
      async enqueue(message, place, now) {
        known.set(message.id, place.route ?? '');
        return good.enqueue(message, place, now);
      },
      async begin(id, begun, now) {
        known.set(id, begun.route);
        return good.begin(id, begun, now);
      },
    },
  };
}

/** Takes every receipt for one that says something else. */
const receiving =
  (change: (receipt: SmsReceipt, route: string) => [string, SmsReceipt]): OutboxMutation =>
  (good) => ({
    async receive(route, receipt, now) {
      const [otherRoute, other] = change(receipt, route);
      return good.receive(otherRoute, other, now);
    },
  });

export const OUTBOX_MUTANTS: readonly [string, OutboxMutation][] = [
  [
    'begins for any node',
    (good) => {
      const { of, enqueue } = holders(good);
      return { enqueue, begin: async (id, begun, now) => good.begin(id, { ...begun, node: of(id) }, now) };
    },
  ],
  ['begins after the code has expired', (good) => ({ begin: async (id, begun) => good.begin(id, begun, 0) })],
  [
    'begins a moment before the code expires no more',
    (good) => ({ begin: async (id, begun, now) => good.begin(id, begun, now + 1) }),
  ],
  [
    'begins no second time',
    (good) => {
      const begun = new Set<string>();
      return {
        async enqueue(message, place, now) {
          if (place.route !== undefined) begun.add(message.id);
          return good.enqueue(message, place, now);
        },
        async begin(id, ...given) {
          if (begun.has(id)) return { outcome: 'taken' };
          begun.add(id);
          return good.begin(id, ...given);
        },
      };
    },
  ],
  [
    'settles for any node',
    (good) => {
      const { of, enqueue } = holders(good);
      return {
        enqueue,
        settle: async (id, from, ...rest) => good.settle(id, { ...from, node: of(id) }, ...rest),
      };
    },
  ],
  [
    'settles for any route',
    (good) => {
      const { of, verbs } = routes(good);
      return { ...verbs, settle: async (id, from, ...rest) => good.settle(id, { ...from, route: of(id) }, ...rest) };
    },
  ],
  [
    'begins an attempt that comes late',
    (good) => {
      const attempts = new Map<string, number>();
      return {
        async begin(id, begun, now) {
          const attempt = Math.max(attempts.get(id) ?? 2, begun.attempt) + 1;
          attempts.set(id, attempt);
          return good.begin(id, { ...begun, attempt }, now);
        },
        settle: async (id, from, ...rest) =>
          good.settle(id, { ...from, attempt: attempts.get(id) ?? from.attempt }, ...rest),
      };
    },
  ],
  [
    'settles what comes late of an attempt before',
    (good) => {
      const attempts = new Map<string, number>();
      return {
        async begin(id, begun, now) {
          attempts.set(id, begun.attempt);
          return good.begin(id, begun, now);
        },
        settle: async (id, from, ...rest) =>
          good.settle(id, { ...from, attempt: attempts.get(id) ?? from.attempt }, ...rest),
      };
    },
  ],
  [
    'forgets how often a message was handed over',
    (good) => ({
      async takeOver(...given) {
        const taken = await good.takeOver(...given);
        return 'attempts' in taken ? { ...taken, attempts: 0 } : taken;
      },
    }),
  ],
  [
    'takes an unknown outcome for a refusal that waits',
    (good) => ({
      settle: async (id, from, settlement, now) =>
        good.settle(id, from, settlement.state === 'unknown' ? { state: 'queued', tried: [] } : settlement, now),
    }),
  ],
  [
    'drops what the operator called the refusal',
    (good) => ({
      settle: async (id, from, settlement, now) =>
        good.settle(id, from, settlement.state === 'refused' ? { state: 'refused' } : settlement, now),
    }),
  ],
  [
    'does not say that it withdrew a message whose code has expired',
    (good) => ({ withdraw: async (id, node) => good.withdraw(id, node, 0) }),
  ],
  ['withdraws nothing', () => ({ withdraw: async () => ({ outcome: 'withdrawn' }) })],
  [
    'withdraws for any node',
    (good) => {
      const { of, enqueue } = holders(good);
      return { enqueue, withdraw: async (id, _node, now) => good.withdraw(id, of(id), now) };
    },
  ],
  ['forgets that the caller was answered', () => ({ markAnswered: async () => ({ outcome: 'marked' }) })],
  [
    'marks for any node',
    (good) => {
      const { of, enqueue } = holders(good);
      return { enqueue, markAnswered: async (id) => good.markAnswered(id, of(id)) };
    },
  ],
  [
    'forgets which routes refused',
    (good) => ({
      async takeOver(...given) {
        const taken = await good.takeOver(...given);
        return 'tried' in taken ? { ...taken, tried: [] } : taken;
      },
    }),
  ],
  ['takes every node for dead', (good) => ({ beat: async (node) => good.beat(node, -1) })],
  [
    'takes nobody for dead',
    (good) => ({ leave: async () => {}, beat: async (...given) => (await good.beat(...given), []) }),
  ],
  ['does not let a node leave', () => ({ leave: async () => {} })],
  [
    'lets several nodes take over one message',
    (good) => {
      const results = new Map<string, ReturnType<Outbox['takeOver']>>();
      return {
        async takeOver(id, ...given) {
          const first = results.get(id) ?? good.takeOver(id, ...given);
          results.set(id, first);
          return first;
        },
      };
    },
  ],
  [
    'lets a message wait again that was being handed over by a node that is gone',
    (good) => ({
      async takeOver(id, between, now) {
        const from = { node: between.from, route: 'first', attempt: 1 };
        await good.settle(id, from, { state: 'queued', tried: [] }, now);
        return good.takeOver(id, between, now);
      },
    }),
  ],
  ['takes over what has expired', (good) => ({ takeOver: async (id, between) => good.takeOver(id, between, 0) })],
  [
    'says nothing of what has expired but that it has',
    (good) => ({
      async takeOver(...given) {
        const taken = await good.takeOver(...given);
        return taken.outcome === 'expired' ? { ...taken, sealed: '' } : taken;
      },
    }),
  ],
  [
    'does not believe a node that was taken for dead',
    (good) => {
      const unknown = new Set<string>();
      return {
        async takeOver(id, ...given) {
          const taken = await good.takeOver(id, ...given);
          if (taken.outcome === 'unknown') unknown.add(id);
          return taken;
        },
        settle: async (id, ...given) => (unknown.has(id) ? { outcome: 'lost' } : good.settle(id, ...given)),
      };
    },
  ],
  [
    'believes a node that was taken for dead whatever it says',
    (good) => {
      const unknown = new Set<string>();
      return {
        async takeOver(id, ...given) {
          const taken = await good.takeOver(id, ...given);
          if (taken.outcome === 'unknown') unknown.add(id);
          return taken;
        },
        settle: async (id, from, settlement, now) =>
          good.settle(id, from, unknown.has(id) ? { state: 'accepted' } : settlement, now),
      };
    },
  ],
  ['does not say what a node holds', () => ({ heldBy: async () => [] })],
  [
    'never forgets a node',
    (good) => {
      const gone = new Set<string>();
      return {
        async leave(node) {
          gone.add(node);
          return good.leave(node);
        },
        beat: async (...given) => [...new Set([...(await good.beat(...given)), ...gone])],
      };
    },
  ],
  [
    'finds the messages of every account',
    (good) => {
      let newest = '';
      return {
        async enqueue(message, ...rest) {
          newest = message.account;
          return good.enqueue(message, ...rest);
        },
        find: async (_account, tid) => good.find(newest, tid),
      };
    },
  ],
  [
    'records a receipt as often as it comes',
    (good) => ({
      async receive(...given) {
        const result = await good.receive(...given);
        return result.outcome === 'repeated' ? { outcome: 'recorded', about: '' } : result;
      },
    }),
  ],
  ['takes every receipt for a final one', receiving((receipt, route) => [route, { ...receipt, status: 'delivered' }])],
  ['knows a message by the id of any route', receiving((receipt) => ['first', receipt])],
  ['drops the code of a receipt', receiving(({ messageId, status }, route) => [route, { messageId, status }])],
  [
    'drops a receipt that overtakes the answer',
    (good) => {
      const known = new Set<string>();
      return {
        async settle(id, from, settlement, now) {
          if ('messageId' in settlement) known.add(settlement.messageId);
          return good.settle(id, from, settlement, now);
        },
        receive: async (route, receipt, now) =>
          known.has(receipt.messageId) ? good.receive(route, receipt, now) : { outcome: 'unmatched' },
      };
    },
  ],
];
