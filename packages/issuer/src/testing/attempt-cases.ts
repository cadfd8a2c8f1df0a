import assert from 'node:assert/strict';
import { CODE_LIFETIME_MS } from '../domain/challenge.ts';
import { DAY_MS, HOUR_MS, type OtpStore } from '../domain/otp-store.ts';
import {
  type AddCase,
  attempt,
  compares,
  consume,
  type Customer,
  newCustomer,
  sendCode,
  START,
  UNLIMITED,
  verdictOf,
} from './fixture.ts';

/** How attempts and failures are counted. */
export function attemptCases(it: AddCase): void {
  it('says that nothing was sent, and counts nothing then', async (store) => {
    const customer = newCustomer();
    for (const _ of [1, 2]) {
      assert.equal(await verdictOf(attempt(store, customer, START, { failuresBeforeStop: 1 })), 'never-sent');
    }
  });

  it('lets exactly 5 of 50 attempts at once compare', async (store) => {
    const customer = newCustomer();
    await sendCode(store, customer, START);
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, async () => verdictOf(attempt(store, customer, START))),
    );
    assert.equal(verdicts.filter((verdict) => verdict === 'compare').length, 5);
    assert.equal(verdicts.filter((verdict) => verdict === 'attempts-used').length, 45);
  });

  it('compares up to the last millisecond of a code, and refuses it as expired from then on', async (store) => {
    const customer = newCustomer();
    await sendCode(store, customer, START);
    assert.equal(await verdictOf(attempt(store, customer, START + CODE_LIFETIME_MS - 1)), 'compare');
    assert.equal(await verdictOf(attempt(store, customer, START + CODE_LIFETIME_MS)), 'expired');
  });

  it('makes the mobile wait after so many failures, resends or not', async (store) => {
    const customer = newCustomer();
    const limits = { failuresBeforeWait: 4 };
    assert.deepEqual(await failTwice(store, customer, START, limits), [0, 0]);
    assert.deepEqual(await failTwice(store, customer, START + 1, limits), [0, 30_000]);
    assert.equal(await verdictOf(attempt(store, customer, START + 30_000, limits)), 'failures');
    assert.equal(await verdictOf(attempt(store, customer, START + 30_001, limits)), 'compare');
  });

  it('counts no attempt while the mobile waits', async (store) => {
    const customer = newCustomer();
    await sendCode(store, customer, START);
    await attempt(store, customer, START, { failuresBeforeWait: 1 });
    for (const _ of [1, 2, 3, 4, 5]) await attempt(store, customer, START + 29_999, { failuresBeforeWait: 1 });
    assert.deepEqual(await waitOf(store, customer, START + 30_000, { failuresBeforeWait: 1 }), 60_000);
  });

  it('doubles the wait with each failure, up to an hour, also when it has taken longer than an hour', async (store) => {
    const customer = newCustomer();
    const limits = { failuresBeforeWait: 2 };
    await failTwice(store, customer, START, limits);
    let now = START + 30_000;
    for (const seconds of [60, 120, 240, 480, 960, 1920, 3600, 3600]) {
      await sendCode(store, customer, now);
      assert.equal(await waitOf(store, customer, now, limits), seconds * 1000);
      now += seconds * 1000;
    }
  });

  it('counts a failure within the hour, and not one that is an hour old', async (store) => {
    for (const [ageMs, waitMs] of [
      [HOUR_MS - 1, 30_000],
      [HOUR_MS, 0],
    ] as const) {
      const customer = newCustomer();
      await sendCode(store, customer, START);
      await attempt(store, customer, START, { failuresBeforeWait: 2 });
      await sendCode(store, customer, START + ageMs);
      assert.equal(await waitOf(store, customer, START + ageMs, { failuresBeforeWait: 2 }), waitMs);
    }
  });

  it('stops a mobile after so many failures in a row, for a month, until it is released', async (store) => {
    const customer = newCustomer();
    const limits = { failuresBeforeStop: 3 };
    await failTwice(store, customer, START, limits);
    const challenge = await sendCode(store, customer, START + DAY_MS);
    const last = await attempt(store, customer, START + DAY_MS, limits);
    assert.deepEqual(last, { ...compares(challenge), stops: true });
    assert.equal(await verdictOf(attempt(store, customer, START + DAY_MS, limits)), 'stopped');
    const later = START + 30 * DAY_MS;
    assert.equal(await verdictOf(attempt(store, customer, later, limits)), 'stopped');
    await store.release(customer.subject, later);
    await sendCode(store, customer, later);
    assert.equal(await verdictOf(attempt(store, customer, later, limits)), 'compare');
  });

  it('releases a mobile from its wait, with the live code and the attempts at it as they were', async (store) => {
    const customer = newCustomer();
    const limits = { ...UNLIMITED, attemptsPerCode: 3, failuresBeforeWait: 2 };
    const challenge = await sendCode(store, customer, START, { limits });
    for (const _ of [1, 2]) await attempt(store, customer, START, limits);
    await store.release(customer.subject, START + 1);
    assert.deepEqual(await attempt(store, customer, START + 1, limits), compares(challenge));
    assert.equal(await verdictOf(attempt(store, customer, START + 1, limits)), 'attempts-used');
  });

  it("never lets one account's failures hold up another's, for the same mobile", async (store) => {
    const customer = newCustomer();
    const neighbour = newCustomer({ mobile: customer.mobile });
    const limits = { failuresBeforeWait: 1, failuresBeforeStop: 1 };
    await sendCode(store, customer, START);
    const challenge = await sendCode(store, neighbour, START);
    await attempt(store, customer, START, limits);
    assert.deepEqual(await attempt(store, neighbour, START), compares(challenge));
    await store.release(neighbour.subject, START);
    assert.equal(await verdictOf(attempt(store, customer, START, limits)), 'stopped');
  });

  it('lets a used code be guessed at no more often than an unused one', async (store) => {
    const customer = newCustomer();
    const challenge = await sendCode(store, customer, START, { limits: { ...UNLIMITED, attemptsPerCode: 3 } });
    for (const _ of ['wrong', 'right']) await attempt(store, customer, START);
    await consume(store, customer, challenge, START);
    assert.equal(await verdictOf(attempt(store, customer, START)), 'compare');
    assert.equal(await verdictOf(attempt(store, customer, START)), 'compare');
    assert.equal(await verdictOf(attempt(store, customer, START)), 'attempts-used');
  });
}

/** How long the attempt makes all others wait. */
async function waitOf(store: OtpStore, customer: Customer, now: number, limits: object): Promise<number> {
  const decision = await attempt(store, customer, now, limits);
  return decision.outcome === 'compare' ? decision.waitMs : assert.fail(decision.reason);
}

/** Two failures at a new code. */
async function failTwice(store: OtpStore, customer: Customer, now: number, limits: object): Promise<number[]> {
  await sendCode(store, customer, now);
  return [await waitOf(store, customer, now, limits), await waitOf(store, customer, now, limits)];
}
