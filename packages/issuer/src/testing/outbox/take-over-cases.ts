import assert from 'node:assert/strict';
import { newKey, START } from '../fixture.ts';
import {
  type AddOutboxCase,
  begin,
  END,
  handingOver,
  LONG_MS,
  OTHER_ROUTE,
  queued,
  ROUTE,
  settle,
  stateOf,
  takeOver,
} from './fixture.ts';

/** What becomes of the messages of a node that is gone. */
export function takeOverCases(it: AddOutboxCase): void {
  waitingCases(it);
  unknownCases(it);
  nodeCases(it);
}

function waitingCases(it: AddOutboxCase): void {
  it('lets exactly one of 20 nodes take over what waits, with all that it needs; the one before has lost it', async (outbox) => {
    const [gone, ...takers] = Array.from({ length: 21 }, newKey) as [string, ...string[]];
    const message = await queued(outbox, gone);
    const results = await Promise.all(
      takers.map(async (to) => outbox.takeOver(message.id, { from: gone, to }, END - 1)),
    );
    const winners = takers.filter((_, index) => results[index]?.outcome === 'queued');
    assert.equal(winners.length, 1);
    const [winner = ''] = winners;
    const { id, sealed, about, expiresAt } = message;
    const kept = { outcome: 'queued', id, sealed, about, expiresAt, tried: [], attempts: 0, isAnswered: false };
    assert.deepEqual(results[takers.indexOf(winner)], kept);
    assert.equal(await begin(outbox, message, gone), 'taken');
    assert.deepEqual(await outbox.heldBy(winner), [id]);
    assert.equal(await begin(outbox, message, winner), 'begun');
  });

  it('tells who takes over which routes refused, and whether the caller was answered', async (outbox) => {
    const gone = newKey();
    const message = await handingOver(outbox, gone);
    await outbox.begin(message.id, { node: gone, route: OTHER_ROUTE, attempt: 2, tried: [ROUTE] }, START);
    const tried = [ROUTE, OTHER_ROUTE];
    await outbox.settle(message.id, { node: gone, route: OTHER_ROUTE, attempt: 2 }, { state: 'queued', tried }, START);
    assert.equal((await outbox.markAnswered(message.id, newKey())).outcome, 'taken');
    assert.equal((await outbox.markAnswered(message.id, gone)).outcome, 'marked');
    const taken = await outbox.takeOver(message.id, { from: gone, to: newKey() }, START);
    assert.equal(taken.outcome, 'queued');
    if (taken.outcome === 'queued') {
      assert.deepEqual([taken.tried, taken.attempts, taken.isAnswered], [tried, 2, true]);
    }
  });

  it('marks as answered what the node holds alone, and not what was taken over', async (outbox) => {
    const [gone, next] = [newKey(), newKey()];
    const message = await queued(outbox, gone);
    assert.equal((await outbox.markAnswered(message.id, newKey())).outcome, 'taken');
    const taken = await outbox.takeOver(message.id, { from: gone, to: next }, START);
    assert.equal('isAnswered' in taken && taken.isAnswered, false);
    assert.equal((await outbox.markAnswered(message.id, gone)).outcome, 'taken');
    assert.equal((await outbox.markAnswered(newKey(), gone)).outcome, 'forgotten');
  });

  it('ends what waited for too long, for one of those who take over, with what it takes to cancel the send', async (outbox) => {
    const gone = newKey();
    const message = await queued(outbox, gone);
    const taken = await outbox.takeOver(message.id, { from: gone, to: newKey() }, END);
    assert.deepEqual([taken.outcome, 'sealed' in taken && taken.sealed], ['expired', message.sealed]);
    assert.equal(await stateOf(outbox, message), 'expired');
    assert.equal((await outbox.takeOver(message.id, { from: gone, to: newKey() }, END)).outcome, 'lost');
  });
}

function unknownCases(it: AddOutboxCase): void {
  it('takes what was being handed over for unknown, once, and nobody hands it over again', async (outbox) => {
    const gone = newKey();
    const message = await handingOver(outbox, gone);
    const results = await Promise.all(
      Array.from({ length: 20 }, async () => outbox.takeOver(message.id, { from: gone, to: newKey() }, START)),
    );
    const unknown = results.filter(({ outcome }) => outcome === 'unknown');
    assert.deepEqual(unknown, [{ outcome: 'unknown', about: message.about, route: ROUTE }]);
    assert.equal(await stateOf(outbox, message), 'unknown');
    assert.equal(await begin(outbox, message, gone, START, 2), 'taken');
    assert.deepEqual(await outbox.heldBy(gone), []);
  });

  it('believes the node that was taken for dead that it was accepted, and nothing else', async (outbox) => {
    const gone = newKey();
    const message = await handingOver(outbox, gone);
    await takeOver(outbox, message, gone, newKey());
    assert.equal(await settle(outbox, message, gone, { state: 'queued', tried: [ROUTE] }), 'lost');
    assert.equal(await settle(outbox, message, gone, { state: 'refused' }), 'lost');
    assert.equal(await settle(outbox, message, newKey(), { state: 'accepted' }), 'lost');
    assert.equal(await stateOf(outbox, message), 'unknown');
    assert.equal(await settle(outbox, message, gone, { state: 'accepted', messageId: 'late' }), 'settled');
    const found = await outbox.find(message.account, message.tid);
    assert.deepEqual([found?.state, found?.messageId], ['accepted', 'late']);
  });
}

function nodeCases(it: AddOutboxCase): void {
  it('takes nothing from a node that lives, until it leaves', async (outbox) => {
    const [node, other] = [newKey(), newKey()];
    await outbox.beat(node, LONG_MS);
    const [waits, goes] = [await queued(outbox, node), await handingOver(outbox, node)];
    assert.equal(await takeOver(outbox, waits, node, other), 'lost');
    assert.equal(await takeOver(outbox, goes, node, other), 'lost');
    assert.deepEqual((await outbox.heldBy(node)).toSorted(), [waits.id, goes.id].toSorted());
    assert.equal((await outbox.beat(other, LONG_MS)).includes(node), false);
    await outbox.leave(node);
    assert.equal((await outbox.beat(other, LONG_MS)).includes(node), true);
    assert.equal(await takeOver(outbox, waits, node, other), 'queued');
    assert.equal(await takeOver(outbox, goes, node, other), 'unknown');
  });

  it('forgets a node that is gone when it holds nothing, and not before', async (outbox) => {
    const [gone, other] = [newKey(), newKey()];
    await outbox.beat(gone, LONG_MS);
    const message = await queued(outbox, gone);
    await outbox.leave(gone);
    assert.deepEqual(await outbox.heldBy(gone), [message.id]);
    assert.equal((await outbox.beat(other, LONG_MS)).includes(gone), true);
    await takeOver(outbox, message, gone, other);
    assert.deepEqual(await outbox.heldBy(gone), []);
    assert.equal((await outbox.beat(other, LONG_MS)).includes(gone), false);
  });

  it('lets a node live again that says so', async (outbox) => {
    const node = newKey();
    await outbox.leave(node);
    await outbox.beat(node, LONG_MS);
    const message = await queued(outbox, node);
    assert.equal(await takeOver(outbox, message, node, newKey()), 'lost');
  });
}
