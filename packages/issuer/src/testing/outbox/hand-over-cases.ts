import assert from 'node:assert/strict';
import type { Settlement } from '../../domain/outbox.ts';
import { newKey, START } from '../fixture.ts';
import {
  type AddOutboxCase,
  begin,
  END,
  handingOver,
  newMessage,
  OTHER_ROUTE,
  queued,
  ROUTE,
  settle,
  stateOf,
} from './fixture.ts';

/** A message on one node, from its first state to its last. */
export function handOverCases(it: AddOutboxCase): void {
  keepingCases(it);
  beginningCases(it);
  settlingCases(it);
  withdrawingCases(it);
}

function keepingCases(it: AddOutboxCase): void {
  it('says of a message that waits, and of one that is being handed over, what it was told', async (outbox) => {
    const node = newKey();
    const waits = await queued(outbox, node);
    const goes = await handingOver(outbox, node);
    const common = { queuedAt: START, expiresAt: END, about: waits.about };
    assert.deepEqual(await outbox.find(waits.account, waits.tid), { ...common, state: 'queued' });
    const handedOver = { route: ROUTE, handedOverAt: START };
    assert.deepEqual(await outbox.find(goes.account, goes.tid), { ...common, ...handedOver, state: 'handing-over' });
  });

  it('finds a message for its account and its tid alone', async (outbox) => {
    const { account, tid } = await queued(outbox, newKey());
    assert.equal(await outbox.find(newKey(), tid), undefined);
    assert.equal(await outbox.find(account, '1000000000'), undefined);
  });
}

function beginningCases(it: AddOutboxCase): void {
  it('begins for the node that holds it, and for no other', async (outbox) => {
    const node = newKey();
    const message = await queued(outbox, node);
    assert.equal(await begin(outbox, message, newKey()), 'taken');
    assert.equal(await stateOf(outbox, message), 'queued');
    assert.equal(await begin(outbox, message, node), 'begun');
    const found = await outbox.find(message.account, message.tid);
    assert.deepEqual([found?.state, found?.route, found?.handedOverAt], ['handing-over', ROUTE, START]);
  });

  it('begins again for a node that was refused by one route, or did not hear that it had begun', async (outbox) => {
    const node = newKey();
    const message = await handingOver(outbox, node);
    const next = { node, route: OTHER_ROUTE, attempt: 2, tried: [ROUTE] };
    assert.deepEqual(await outbox.begin(message.id, next, START + 5), { outcome: 'begun' });
    assert.equal(await settle(outbox, message, node, { state: 'accepted' }), 'lost');
    const from = { node, route: OTHER_ROUTE, attempt: 2 };
    assert.deepEqual(await outbox.settle(message.id, from, { state: 'accepted' }, START), { outcome: 'settled' });
  });

  it('believes nothing that comes late of an attempt before: neither that it begins, nor what came of it', async (outbox) => {
    const node = newKey();
    const message = await handingOver(outbox, node);
    assert.equal(await begin(outbox, message, node, START, 1), 'taken');
    assert.equal(await begin(outbox, message, node, START, 3), 'begun');
    assert.equal(await begin(outbox, message, node, START, 2), 'taken');
    const waits = { state: 'queued', tried: [] } as const;
    for (const attempt of [1, 2, 4]) assert.equal(await settle(outbox, message, node, waits, attempt), 'lost');
    assert.equal(await stateOf(outbox, message), 'handing-over');
    assert.equal(await settle(outbox, message, node, { state: 'accepted' }, 3), 'settled');
  });

  it('begins up to the last millisecond of the code, and not then', async (outbox) => {
    const node = newKey();
    const [inTime, late] = [await queued(outbox, node), await queued(outbox, node)];
    assert.equal(await begin(outbox, inTime, node, END - 1), 'begun');
    assert.equal(await begin(outbox, late, node, END), 'expired');
    assert.equal(await stateOf(outbox, late), 'expired');
    assert.equal(await begin(outbox, late, node, START, 2), 'taken');
  });

  it('begins nothing that it does not know', async (outbox) => {
    assert.equal(await begin(outbox, newMessage(), newKey()), 'forgotten');
  });
}

function settlingCases(it: AddOutboxCase): void {
  const ends: readonly Settlement[] = [
    { state: 'accepted', messageId: 'sms-1' },
    { state: 'unknown' },
    { state: 'refused', operatorCode: '633' },
  ];
  for (const settlement of ends) {
    it(`ends as ${settlement.state} for good`, async (outbox) => {
      const node = newKey();
      const message = await handingOver(outbox, node);
      assert.equal(await settle(outbox, message, node, settlement), 'settled');
      const { state, endedAt, ...found } = (await outbox.find(message.account, message.tid))!;
      assert.deepEqual([state, endedAt], [settlement.state, START + 1]);
      const { state: _, ...told } = settlement;
      assert.deepEqual(found, { ...found, ...told });
      assert.equal(await begin(outbox, message, node, START, 2), 'taken');
      assert.equal((await outbox.withdraw(message.id, node, START)).outcome, 'taken');
      assert.equal(await settle(outbox, message, node, { state: 'refused' }), 'lost');
      assert.equal(await settle(outbox, message, node, { state: 'queued', tried: [] }), 'lost');
      assert.equal(await stateOf(outbox, message), settlement.state);
      assert.deepEqual(await outbox.heldBy(node), []);
    });
  }

  it('waits again after a refusal, for the node that holds it', async (outbox) => {
    const node = newKey();
    const message = await handingOver(outbox, node);
    assert.equal(await settle(outbox, message, node, { state: 'queued', tried: [ROUTE] }), 'settled');
    assert.equal(await stateOf(outbox, message), 'queued');
    assert.equal(await settle(outbox, message, node, { state: 'accepted' }), 'lost');
    assert.equal(await begin(outbox, message, node, START, 2), 'begun');
  });

  it('is settled by the node and the route that it was handed over to alone', async (outbox) => {
    const node = newKey();
    const message = await handingOver(outbox, node);
    assert.equal(await settle(outbox, message, newKey(), { state: 'accepted' }), 'lost');
    const elsewhere = { node, route: OTHER_ROUTE, attempt: 1 };
    assert.equal((await outbox.settle(message.id, elsewhere, { state: 'accepted' }, START)).outcome, 'lost');
    assert.equal(await stateOf(outbox, message), 'handing-over');
    const waits = await queued(outbox, node);
    assert.equal(await settle(outbox, waits, node, { state: 'accepted' }, 0), 'lost');
    assert.equal(await settle(outbox, newMessage(), node, { state: 'accepted' }), 'lost');
  });
}

function withdrawingCases(it: AddOutboxCase): void {
  it('is withdrawn by the node that holds it, and then never handed over', async (outbox) => {
    const node = newKey();
    const message = await queued(outbox, node);
    assert.equal((await outbox.withdraw(message.id, newKey(), START)).outcome, 'taken');
    assert.equal((await outbox.withdraw(message.id, node, END - 1)).outcome, 'withdrawn');
    assert.equal(await stateOf(outbox, message), 'refused');
    assert.equal(await begin(outbox, message, node), 'taken');
    assert.equal((await outbox.takeOver(message.id, { from: node, to: newKey() }, START)).outcome, 'lost');
    assert.equal((await outbox.withdraw(newKey(), node, START)).outcome, 'forgotten');
  });

  it('is expired, and not withdrawn, once its code has expired', async (outbox) => {
    const node = newKey();
    const message = await queued(outbox, node);
    assert.equal((await outbox.withdraw(message.id, node, END)).outcome, 'expired');
    assert.equal(await stateOf(outbox, message), 'expired');
  });
}
