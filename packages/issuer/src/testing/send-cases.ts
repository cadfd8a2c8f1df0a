import assert from 'node:assert/strict';
import { SENDS_UNDER_WAY } from '../domain/otp-store.ts';
import {
  type AddCase,
  attempt,
  compares,
  challengeFor,
  consume,
  newCustomer,
  newSend,
  sendCode,
  START,
  TODAY,
  UNLIMITED,
  verdictOf,
} from './fixture.ts';

/** Which code is live, and what is billed. */
export function sendCases(it: AddCase): void {
  it('returns the challenge to compare with as it was committed, member for member', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START);
    assert.deepEqual(await attempt(store, customer, START), compares(challenge));
  });

  it('returns the transaction of a challenge, and none for the next one that has none', async (store) => {
    const customer = newCustomer();
    const send = newSend(customer);
    const bound = { ...challengeFor(send, START), transactionHash: 'x'.repeat(43) };
    await store.reserveSend(send, START);
    await store.commitSend(send, bound, START);
    assert.deepEqual(await attempt(store, customer, START), compares(bound));
    const challenge = await sendCode(store, customer, START);
    assert.deepEqual(await attempt(store, customer, START), compares(challenge));
  });

  it('keeps the code before live until the new one is committed', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START);
    await store.reserveSend(newSend(customer), START);
    assert.deepEqual(await attempt(store, customer, START), compares(challenge));
  });

  it('keeps the code before live when a send is refused or cancelled', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START);
    const cancelled = newSend(customer);
    await store.reserveSend(cancelled, START);
    await store.cancelSend(cancelled, START);
    await store.reserveSend(newSend(customer, { limits: { ...UNLIMITED, cooldownSeconds: [30] } }), START);
    assert.deepEqual(await attempt(store, customer, START), compares(challenge));
  });

  it('keeps the code of the newest reservation live, though an older one is committed later', async (store) => {
    const customer = newCustomer();
    const [older, newer] = [newSend(customer), newSend(customer)];
    await store.reserveSend(older, START);
    await store.reserveSend(newer, START + 1);
    const challenge = challengeFor(newer, START);
    assert.deepEqual(await store.commitSend(newer, challenge, START + 2), { outcome: 'committed' });
    const late = challengeFor(older, START);
    assert.deepEqual(await store.commitSend(older, late, START + 3), { outcome: 'superseded' });
    assert.deepEqual(await attempt(store, customer, START + 4), compares(challenge));
  });

  it('makes an older code live until the newest one is committed', async (store) => {
    const customer = newCustomer();
    const [older, newer] = [newSend(customer), newSend(customer)];
    await store.reserveSend(older, START);
    await store.reserveSend(newer, START);
    for (const send of [older, newer]) {
      const challenge = challengeFor(send, START);
      assert.deepEqual(await store.commitSend(send, challenge, START), { outcome: 'committed' });
      assert.deepEqual(await attempt(store, customer, START), compares(challenge));
    }
  });

  for (const [when, cancelledFirst] of [
    ['before', true],
    ['after', false],
  ] as const) {
    it(`makes the code of a slow send live, though a newer one is cancelled ${when} it ends`, async (store) => {
      const customer = newCustomer();
      const [slow, cancelled] = [newSend(customer), newSend(customer)];
      await store.reserveSend(slow, START);
      await store.reserveSend(cancelled, START);
      if (cancelledFirst) await store.cancelSend(cancelled, START);
      const challenge = challengeFor(slow, START);
      assert.deepEqual(await store.commitSend(slow, challenge, START), { outcome: 'committed' });
      if (!cancelledFirst) await store.cancelSend(cancelled, START);
      assert.deepEqual(await attempt(store, customer, START), compares(challenge));
    });
  }

  it('makes the code of a slow send live, however many newer ones are cancelled', async (store) => {
    const customer = newCustomer();
    const slow = newSend(customer);
    await store.reserveSend(slow, START);
    for (let sends = 0; sends < SENDS_UNDER_WAY; sends += 1) {
      const cancelled = newSend(customer);
      await store.reserveSend(cancelled, START);
      await store.cancelSend(cancelled, START);
    }
    assert.deepEqual(await store.commitSend(slow, challengeFor(slow, START), START), { outcome: 'committed' });
  });

  it('begins to count attempts again with each new code', async (store) => {
    const customer = newCustomer();
    const limits = { ...UNLIMITED, attemptsPerCode: 1 };
    for (const code of [1, 2]) {
      await sendCode(store, customer, START + code, { limits });
      assert.equal(await verdictOf(attempt(store, customer, START + code)), 'compare');
      assert.equal(await verdictOf(attempt(store, customer, START + code)), 'attempts-used');
    }
  });

  it('bills each accepted SMS and each verified code to its account and day, and nothing else', async (store) => {
    const customer = newCustomer();
    const neighbour = newCustomer({ mobile: customer.mobile });
    const challenge = await sendCode(store, customer, START);
    await sendCode(store, neighbour, START);
    await consume(store, customer, challenge, START);
    await consume(store, customer, challenge, START);
    const [superseded, cancelled] = [newSend(customer, { day: '2026-05-23' }), newSend(customer)];
    await store.reserveSend(superseded, START);
    await store.reserveSend(cancelled, START);
    await store.commitSend(superseded, challengeFor(superseded, START), START);
    await store.cancelSend(cancelled, START);
    assert.deepEqual(await store.usage(customer.account, ['2026-05-23', '2026-05-21', TODAY]), [
      { sent: 1, verified: 0 },
      { sent: 0, verified: 0 },
      { sent: 1, verified: 1 },
    ]);
    assert.deepEqual(await store.usage(neighbour.account, [TODAY]), [{ sent: 1, verified: 0 }]);
    assert.deepEqual(await store.usage(customer.account, []), []);
  });
}
