/** A suite that cannot fail is a defect: it must refuse every outbox that is broken in one way. */
import { memoryOutbox, type Outbox } from '@verified-mobile/issuer';
import { describeOutbox } from '@verified-mobile/issuer/testing';
import { describe, expect, it } from 'vitest';
import { newKey, START } from '../src/testing/fixture.ts';
import { handingOver, newMessage, queued, settle } from '../src/testing/outbox/fixture.ts';
import { seededRandom } from '@verified-mobile/test-support/history';
import { simulate } from './support/outbox-simulation.ts';
import { failuresOf } from './support/mutants/outbox-failures.ts';
import { OUTBOX_MUTANTS } from './support/mutants/outbox-mutants.ts';

describeOutbox(
  { describe, it },
  {
    name: 'memory',
    async createOutboxes(nodes) {
      const outbox = memoryOutbox();
      return Array.from({ length: nodes }, () => outbox);
    },
  },
);

describe('the suite of outboxes', () => {
  it.each(OUTBOX_MUTANTS)('refuses one that %s', async (_name, mutate) => {
    const createOutbox = (): Outbox => {
      const good = memoryOutbox();
      return { ...good, ...mutate(good) };
    };
    expect(await failuresOf(createOutbox)).not.toEqual([]);
  });
});

describe('nodes that die, come back, and say things twice and late', () => {
  it.each(Array.from({ length: 20 }, (_, index) => `seed ${index}`))('send no SMS twice: %s', async (seed) => {
    expect(await simulate(memoryOutbox(), seededRandom(seed), 500)).toEqual([]);
  });

  it.each<[string, (good: Outbox) => Partial<Outbox>]>([
    [
      'lets what was being handed over wait again',
      (good) => ({
        async takeOver(id, between, now) {
          for (const route of ['first', 'second']) {
            for (const attempt of [1, 2, 3]) {
              await good.settle(id, { node: between.from, route, attempt }, { state: 'queued', tried: [] }, now);
            }
          }
          return good.takeOver(id, between, now);
        },
      }),
    ],
    [
      'believes what comes late of an attempt before',
      (good) => {
        const attempts = new Map<string, number>();
        return {
          async begin(id, begun, now) {
            const attempt = Math.max(attempts.get(id) ?? 1, begun.attempt) + 1;
            const result = await good.begin(id, { ...begun, attempt }, now);
            if (result.outcome === 'begun') attempts.set(id, attempt);
            return result;
          },
          settle: async (id, from, ...rest) =>
            good.settle(id, { ...from, attempt: attempts.get(id) ?? from.attempt }, ...rest),
        };
      },
    ],
    ['begins after the code has expired', (good) => ({ begin: async (id, begun) => good.begin(id, begun, 0) })],
  ])('are found out if the outbox %s', async (_, mutate) => {
    const violations: string[] = [];
    for (let seed = 0; seed < 200 && violations.length === 0; seed += 1) {
      const good = memoryOutbox();
      violations.push(...(await simulate({ ...good, ...mutate(good) }, seededRandom(`mutant ${seed}`), 500)));
    }
    expect(violations).not.toEqual([]);
  });
});

describe('the outbox in memory', () => {
  it('is full with so many that wait, and has room again when one of them goes', async () => {
    const [outbox, node] = [memoryOutbox({ maxQueued: 2 }), newKey()];
    const [first] = [await queued(outbox, node), await queued(outbox, node)];
    expect(await outbox.enqueue(newMessage(), { node }, START)).toEqual({ outcome: 'full' });
    // What needs not wait takes no room.
    await handingOver(outbox, node);
    await outbox.begin(first.id, { node, route: 'first', attempt: 1, tried: [] }, START);
    expect(await outbox.enqueue(newMessage(), { node }, START)).toEqual({ outcome: 'enqueued' });
    expect(await outbox.enqueue(newMessage(), { node }, START)).toEqual({ outcome: 'full' });
  });

  it('forgets a message 24 hours after its end', async () => {
    const [outbox, node] = [memoryOutbox(), newKey()];
    const message = await handingOver(outbox, node);
    await settle(outbox, message, node, { state: 'accepted', messageId: 'a' });
    const day = 86_400_000;
    await outbox.enqueue(newMessage(), { node }, START + day);
    expect(await outbox.find(message.account, message.tid)).toBeDefined();
    await outbox.enqueue(newMessage(), { node }, START + day + 1);
    expect(await outbox.find(message.account, message.tid)).toBeUndefined();
    const receipt = { messageId: 'a', status: 'delivered' } as const;
    expect(await outbox.receive('first', receipt, START + day + 1)).toEqual({ outcome: 'unmatched' });
  });

  it('keeps an early receipt for a minute', async () => {
    const [outbox, node] = [memoryOutbox(), newKey()];
    for (const [after, isKept] of [
      [59_999, true],
      [60_000, false],
    ] as const) {
      const message = await handingOver(outbox, node);
      await outbox.receive('first', { messageId: message.id, status: 'delivered' }, START);
      const settlement = { state: 'accepted', messageId: message.id } as const;
      const settled = await outbox.settle(message.id, { node, route: 'first', attempt: 1 }, settlement, START + after);
      expect(settled.receipt !== undefined).toBe(isKept);
    }
  });

  it.each([{ maxQueued: 0 }, { maxQueued: 1.5 }, { most: 1 }])('is refused with %j', (options) => {
    expect(() => memoryOutbox(options as object)).toThrow(/maxQueued/);
  });
});
