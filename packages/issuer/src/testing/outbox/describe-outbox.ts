import type { TestRunner } from '@verified-mobile/core/testing';
import type { Outbox } from '../../domain/outbox.ts';
import { handOverCases } from './hand-over-cases.ts';
import { receiptCases } from './receipt-cases.ts';
import { takeOverCases } from './take-over-cases.ts';

/** What the suite needs to know of an outbox. */
export interface OutboxUnderTest {
  readonly name: string;
  /**
   * As many outboxes as a service has nodes, all on one storage; called once for each case. The storage need not be empty,
   * for every case has accounts, messages and nodes of its own. An outbox of one process returns the same one each time.
   */
  createOutboxes(nodes: number): Promise<readonly Outbox[]>;
}

const NODES = 3;

/**
 * The suite that every outbox passes: at its own level, on three nodes, with every instant passed in. A case takes as long as
 * its calls do; none waits.
 */
export function describeOutbox({ describe, it }: TestRunner, underTest: OutboxUnderTest): void {
  describe(`${underTest.name}: the outbox's contract`, () => {
    for (const cases of [handOverCases, takeOverCases, receiptCases]) {
      cases((title, body) => it(title, async () => body(inTurn(await underTest.createOutboxes(NODES)))));
    }
  });
}

/** One outbox that asks another node with every call: what one decides must hold on all of them. */
function inTurn(outboxes: readonly Outbox[]): Outbox {
  let turn = 0;
  const next = (): Outbox => {
    turn += 1;
    const outbox = outboxes[turn % outboxes.length];
    if (outbox === undefined) throw new Error('createOutboxes() returned no outbox.');
    return outbox;
  };
  return {
    scope: 'shared',
    enqueue: async (...args) => next().enqueue(...args),
    begin: async (...args) => next().begin(...args),
    settle: async (...args) => next().settle(...args),
    withdraw: async (...args) => next().withdraw(...args),
    markAnswered: async (...args) => next().markAnswered(...args),
    receive: async (...args) => next().receive(...args),
    find: async (...args) => next().find(...args),
    beat: async (...args) => next().beat(...args),
    leave: async (...args) => next().leave(...args),
    heldBy: async (...args) => next().heldBy(...args),
    takeOver: async (...args) => next().takeOver(...args),
  };
}
