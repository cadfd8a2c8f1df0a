import assert from 'node:assert/strict';
import { SENDS_UNDER_WAY } from '../domain/otp-store.ts';
import {
  type AddCase,
  attempt,
  beginSend,
  compares,
  consume,
  newChallenge,
  newCustomer,
  newKey,
  newSend,
  NO_QUOTAS,
  refused,
  reserve,
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
    const bound = { ...newChallenge(UNLIMITED, START), transactionHash: 'x'.repeat(43) };
    await sendCode(store, customer, START, { challenge: bound });
    assert.deepEqual(await attempt(store, customer, START), compares(bound));
    const challenge = await sendCode(store, customer, START);
    assert.deepEqual(await attempt(store, customer, START), compares(challenge));
  });

  it('keeps the code before live until the new one is committed', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START);
    const send = await beginSend(store, customer, START);
    assert.deepEqual(await attempt(store, customer, START), compares(send.challenge, challenge));
    await store.commitSend(send, START);
    assert.deepEqual(await attempt(store, customer, START), compares(send.challenge));
  });

  it('keeps the code before live when a send is refused or cancelled', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START);
    await store.cancelSend(await beginSend(store, customer, START), START);
    await store.reserveSend(newSend(customer, { limits: { ...UNLIMITED, cooldownSeconds: [30] } }), START);
    assert.deepEqual(await attempt(store, customer, START), compares(challenge));
  });

  it('keeps the code of the newest reservation live, though an older one is committed later', async (store) => {
    const customer = newCustomer();
    const older = await beginSend(store, customer, START);
    const newer = await beginSend(store, customer, START + 1);
    assert.deepEqual(await store.commitSend(newer, START + 2), { outcome: 'committed' });
    assert.deepEqual(await store.commitSend(older, START + 3), { outcome: 'superseded' });
    assert.deepEqual(await attempt(store, customer, START + 4), compares(newer.challenge));
  });

  it('makes an older code live until the newest one is committed', async (store) => {
    const customer = newCustomer();
    const [older, newer] = [await beginSend(store, customer, START), await beginSend(store, customer, START)];
    assert.deepEqual(await store.commitSend(older, START), { outcome: 'committed' });
    assert.deepEqual(await attempt(store, customer, START), compares(newer.challenge, older.challenge));
    assert.deepEqual(await store.commitSend(newer, START), { outcome: 'committed' });
    assert.deepEqual(await attempt(store, customer, START), compares(newer.challenge));
  });

  for (const [when, cancelledFirst] of [
    ['before', true],
    ['after', false],
  ] as const) {
    it(`makes the code of a slow send live, though a newer one is cancelled ${when} it ends`, async (store) => {
      const customer = newCustomer();
      const [slow, cancelled] = [await beginSend(store, customer, START), await beginSend(store, customer, START)];
      if (cancelledFirst) await store.cancelSend(cancelled, START);
      assert.deepEqual(await store.commitSend(slow, START), { outcome: 'committed' });
      if (!cancelledFirst) await store.cancelSend(cancelled, START);
      assert.deepEqual(await attempt(store, customer, START), compares(slow.challenge));
    });
  }

  it('makes the code of a slow send live, however many newer ones are cancelled', async (store) => {
    const customer = newCustomer();
    const slow = await beginSend(store, customer, START);
    for (let sends = 0; sends < SENDS_UNDER_WAY; sends += 1) {
      await store.cancelSend(await beginSend(store, customer, START), START);
    }
    assert.deepEqual(await store.commitSend(slow, START), { outcome: 'committed' });
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
    const another = await beginSend(store, customer, START, { day: '2026-05-23' });
    const cancelled = await beginSend(store, customer, START);
    await store.commitSend(another, START);
    await store.cancelSend(cancelled, START);
    assert.deepEqual(await store.usage(customer.account, ['2026-05-23', '2026-05-21', TODAY]), [
      { sent: 1, verified: 0 },
      { sent: 0, verified: 0 },
      { sent: 1, verified: 1 },
    ]);
    assert.deepEqual(await store.usage(neighbour.account, [TODAY]), [{ sent: 1, verified: 0 }]);
    assert.deepEqual(await store.usage(customer.account, []), []);
  });

  it('takes a send that was committed off the bill when its SMS was never handed over, and frees its reference', async (store) => {
    const customer = newCustomer();
    const quotas = { ...NO_QUOTAS, budgetPerMonth: 2 };
    const reference = { key: newKey(), body: 'one body' };
    await sendCode(store, customer, START, { quotas });
    const send = await beginSend(store, customer, START, { quotas, reference });
    await store.commitSend(send, START);
    assert.deepEqual(await reserve(store, customer, START, { quotas }), { outcome: 'over-budget' });
    await store.cancelSend(send, START, true);
    assert.deepEqual(await store.usage(customer.account, [TODAY]), [{ sent: 1, verified: 0 }]);
    assert.deepEqual(await reserve(store, customer, START, { quotas, reference }), { outcome: 'reserved' });
    const limits = { ...UNLIMITED, sendsPerHour: 3 };
    // It might have been guessed at: it counts on.
    assert.deepEqual(await reserve(store, customer, START, { limits }), refused('hour', 3_600_000));
  });
}
