import assert from 'node:assert/strict';
import type { Outbox, OutboxMessage } from '../../domain/outbox.ts';
import type { SmsReceipt } from '../../domain/sms-route.ts';
import { newKey, START } from '../fixture.ts';
import { type AddOutboxCase, handingOver, OTHER_ROUTE, ROUTE, settle, takeOver } from './fixture.ts';

/** What is believed of a provider's receipts, which come twice, in any order, too early, or for no message of ours. */
export function receiptCases(it: AddOutboxCase): void {
  it('records a receipt for one of 20 that say the same, with its code and its time', async (outbox) => {
    const { message, messageId } = await accepted(outbox);
    const results = await Promise.all(
      Array.from({ length: 20 }, async () => receive(outbox, { messageId, status: 'undelivered', operatorCode: '27' })),
    );
    const recorded = results.filter(({ outcome }) => outcome === 'recorded');
    assert.deepEqual(recorded, [{ outcome: 'recorded', about: message.about }]);
    assert.equal(results.filter(({ outcome }) => outcome === 'repeated').length, 19);
    const found = await outbox.find(message.account, message.tid);
    assert.equal(found?.state, 'accepted');
    assert.deepEqual(found?.receipt, { status: 'undelivered', operatorCode: '27', at: START + 9 });
  });

  it('goes from under way to the first final one, and never back', async (outbox) => {
    const { message, messageId } = await accepted(outbox);
    const outcomes: string[] = [];
    for (const status of ['accepted', 'accepted', 'delivered', 'accepted', 'undelivered', 'delivered'] as const) {
      outcomes.push((await receive(outbox, { messageId, status })).outcome);
    }
    assert.deepEqual(outcomes, ['recorded', 'repeated', 'recorded', 'repeated', 'repeated', 'repeated']);
    assert.equal((await outbox.find(message.account, message.tid))?.receipt?.status, 'delivered');
  });

  it('knows no message by the id that another route has for it, nor by one that nobody has', async (outbox) => {
    const { messageId } = await accepted(outbox);
    const receipt = { messageId, status: 'delivered' } as const;
    assert.deepEqual(await outbox.receive(OTHER_ROUTE, receipt, START), { outcome: 'unmatched' });
    assert.deepEqual(await receive(outbox, { messageId: newKey(), status: 'delivered' }), { outcome: 'unmatched' });
    assert.equal((await receive(outbox, receipt)).outcome, 'recorded');
  });

  it('keeps a receipt that overtakes the answer to the hand-over, the final one of several', async (outbox) => {
    const node = newKey();
    const [message, messageId] = [await handingOver(outbox, node), newKey()];
    for (const status of ['accepted', 'rejected', 'accepted', 'delivered'] as const) {
      assert.deepEqual(await receive(outbox, { messageId, status, operatorCode: '27' }), { outcome: 'unmatched' });
    }
    const settled = await outbox.settle(
      message.id,
      { node, route: ROUTE, attempt: 1 },
      { state: 'accepted', messageId },
      START + 1,
    );
    assert.deepEqual(settled, { outcome: 'settled', receipt: { status: 'rejected', operatorCode: '27' } });
    assert.equal((await outbox.find(message.account, message.tid))?.receipt?.status, 'rejected');
    assert.equal((await receive(outbox, { messageId, status: 'delivered' })).outcome, 'repeated');
  });

  it('matches receipts of a message whose outcome is unknown, if its id is known', async (outbox) => {
    const [node, messageId] = [newKey(), newKey()];
    const message = await handingOver(outbox, node);
    await settle(outbox, message, node, { state: 'unknown', messageId });
    assert.equal((await receive(outbox, { messageId, status: 'delivered' })).outcome, 'recorded');
    assert.equal((await outbox.find(message.account, message.tid))?.state, 'unknown');
  });

  it('matches receipts on whichever node they arrive, also after the one that handed it over is gone', async (outbox) => {
    const [gone, messageId] = [newKey(), newKey()];
    const message = await handingOver(outbox, gone);
    await takeOver(outbox, message, gone, newKey());
    await settle(outbox, message, gone, { state: 'accepted', messageId });
    assert.equal((await receive(outbox, { messageId, status: 'delivered' })).outcome, 'recorded');
  });
}

async function accepted(outbox: Outbox): Promise<{ message: OutboxMessage; messageId: string }> {
  const [node, messageId] = [newKey(), newKey()];
  const message = await handingOver(outbox, node);
  assert.equal(await settle(outbox, message, node, { state: 'accepted', messageId }), 'settled');
  return { message, messageId };
}

async function receive(outbox: Outbox, receipt: SmsReceipt): ReturnType<Outbox['receive']> {
  return outbox.receive(ROUTE, receipt, START + 9);
}
