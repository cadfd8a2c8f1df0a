import assert from 'node:assert/strict';
import { CODE_LIFETIME_MS, SAME_ANSWER_MS } from '../domain/challenge.ts';
import {
  type AddCase,
  attempt,
  compares,
  consume,
  newCustomer,
  sendCode,
  START,
  UNLIMITED,
  verdictOf,
} from './fixture.ts';

/** What a right code does. */
export function consumeCases(it: AddCase): void {
  it('consumes a challenge for one of 50 at once, and returns its answer to the others', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START);
    const results = await Promise.all(
      Array.from({ length: 50 }, async (_, caller) => consume(store, customer, challenge, START, `answer ${caller}`)),
    );
    const winner = results.findIndex(({ outcome }) => outcome === 'consumed');
    assert.notEqual(winner, -1);
    const others = results.filter((_, caller) => caller !== winner);
    for (const result of others) assert.deepEqual(result, { outcome: 'repeated', sealedAnswer: `answer ${winner}` });
  });

  it('repeats the answer for ten seconds, and refuses the code as used from then on', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START);
    await consume(store, customer, challenge, START, 'first');
    const last = START + SAME_ANSWER_MS - 1;
    assert.equal(await verdictOf(attempt(store, customer, last)), 'compare');
    assert.deepEqual(await consume(store, customer, challenge, last, 'second'), {
      outcome: 'repeated',
      sealedAnswer: 'first',
    });
    assert.equal(await verdictOf(attempt(store, customer, last + 1)), 'used');
    assert.deepEqual(await consume(store, customer, challenge, last + 1), { outcome: 'lost' });
  });

  it('consumes a challenge up to its last millisecond, and not from then on', async (store) => {
    const [early, late] = [newCustomer(), newCustomer()];
    const challenge = await sendCode(store, early, START);
    const end = START + CODE_LIFETIME_MS;
    assert.deepEqual(await consume(store, early, challenge, end - 1), { outcome: 'consumed' });
    assert.deepEqual(await consume(store, late, await sendCode(store, late, START), end), { outcome: 'lost' });
  });

  it('consumes no challenge that a newer code has replaced, and leaves the newer one live', async (store) => {
    const customer = newCustomer();
    const replaced = await sendCode(store, customer, START);
    const challenge = await sendCode(store, customer, START);
    assert.deepEqual(await consume(store, customer, replaced, START), { outcome: 'lost' });
    assert.deepEqual(await consume(store, customer, challenge, START), { outcome: 'consumed' });
  });

  it('returns the answer of a code for no other code', async (store) => {
    const customer = newCustomer();
    const first = await sendCode(store, customer, START);
    await consume(store, customer, first, START, 'first');
    const second = await sendCode(store, customer, START + 1);
    assert.deepEqual(await consume(store, customer, first, START + 1), { outcome: 'lost' });
    assert.deepEqual(await consume(store, customer, second, START + 1, 'second'), { outcome: 'consumed' });
    const repeated = await consume(store, customer, second, START + 2);
    assert.deepEqual(repeated, { outcome: 'repeated', sealedAnswer: 'second' });
  });

  it('consumes nothing that was never sent, and nothing of another account', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START);
    const neighbour = newCustomer({ mobile: customer.mobile });
    assert.deepEqual(await consume(store, neighbour, challenge, START), { outcome: 'lost' });
    assert.deepEqual(await consume(store, customer, challenge, START), { outcome: 'consumed' });
  });

  it('forgets the failures when a code is right, also when it is repeated', async (store) => {
    const customer = newCustomer();
    const limits = { ...UNLIMITED, failuresBeforeWait: 3, failuresBeforeStop: 4 };
    for (const round of [1, 2, 3]) {
      const challenge = await sendCode(store, customer, START + round, { limits });
      for (const _ of [1, 2]) {
        assert.deepEqual(await attempt(store, customer, START + round, limits), compares(challenge));
      }
      for (const _ of ['consumed', 'repeated']) {
        await attempt(store, customer, START + round, limits);
        await consume(store, customer, challenge, START + round);
      }
    }
  });

  it('ends the wait that the right code itself had begun', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START);
    const decision = await attempt(store, customer, START, { failuresBeforeWait: 1 });
    assert.deepEqual(decision, { ...compares(challenge), waitMs: 30_000 });
    await consume(store, customer, challenge, START);
    assert.equal(await verdictOf(attempt(store, customer, START + 1)), 'compare');
  });
}
