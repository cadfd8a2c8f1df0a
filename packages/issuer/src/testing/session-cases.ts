import assert from 'node:assert/strict';
import type { OtpStore } from '../domain/otp-store.ts';
import {
  type AddCase,
  attempt,
  compares,
  consume,
  type Customer,
  newCustomer,
  newKey,
  refused,
  reserve,
  sendCode,
  START,
  UNLIMITED,
  verdictOf,
} from './fixture.ts';

/** Two sessions of one mobile at one account, and what comes without one. */
interface Sessions {
  readonly mine: Customer;
  readonly strangers: Customer;
  readonly nameless: Customer;
}

/** What one session cannot do to another one of the same mobile. */
export function sessionCases(it: AddCase): void {
  it('compares a code with what its own session says, and counts nothing for any other', async (store) => {
    const { mine, strangers, nameless } = newSessions();
    const limits = { ...UNLIMITED, attemptsPerCode: 2, failuresBeforeWait: 2, failuresBeforeStop: 2 };
    const challenge = await sendCode(store, mine, START, { limits });
    for (const other of [strangers, nameless, strangers, nameless]) {
      assert.equal(await verdictOf(attempt(store, other, START, limits)), 'other-session');
    }
    assert.deepEqual(await attempt(store, mine, START, limits), compares(challenge));
  });

  it('compares a code that was sent without a session for none that has one', async (store) => {
    const { mine, nameless } = newSessions();
    const challenge = await sendCode(store, nameless, START);
    assert.equal(await verdictOf(attempt(store, mine, START)), 'other-session');
    assert.deepEqual(await attempt(store, nameless, START), compares(challenge));
  });

  it('takes the code of the newest send, whatever session sent it', async (store) => {
    const { mine, strangers } = newSessions();
    await sendCode(store, mine, START);
    const challenge = await sendCode(store, strangers, START);
    assert.equal(await verdictOf(attempt(store, mine, START)), 'other-session');
    assert.deepEqual(await attempt(store, strangers, START), compares(challenge));
  });

  it('makes a session wait for its own failures alone, to send and to verify', async (store) => {
    const { mine, strangers, nameless } = newSessions();
    const limits = { ...UNLIMITED, failuresBeforeWait: 2 };
    assert.equal(await failTwice(store, strangers, limits), 30_000);
    assert.equal(await verdictOf(attempt(store, strangers, START, limits)), 'failures');
    assert.deepEqual(await reserve(store, strangers, START, { limits }), refused('failures', 30_000));
    for (const other of [mine, nameless]) {
      const challenge = await sendCode(store, other, START, { limits });
      assert.deepEqual(await attempt(store, other, START, limits), compares(challenge));
    }
    assert.equal(await verdictOf(attempt(store, strangers, START + 29_999, limits)), 'failures');
    assert.equal(await verdictOf(attempt(store, strangers, START + 30_000, limits)), 'other-session');
  });

  it('ends the wait of no other session with a right code', async (store) => {
    const { mine, strangers } = newSessions();
    const limits = { ...UNLIMITED, failuresBeforeWait: 2 };
    await failTwice(store, strangers, limits);
    const challenge = await sendCode(store, mine, START, { limits });
    await attempt(store, mine, START, limits);
    assert.deepEqual(await consume(store, mine, challenge, START), { outcome: 'consumed' });
    assert.equal(await verdictOf(attempt(store, strangers, START, limits)), 'failures');
  });

  it('forgets the failures of a session, and all in a row, when its code is right', async (store) => {
    const { mine, strangers } = newSessions();
    const limits = { ...UNLIMITED, failuresBeforeWait: 3, failuresBeforeStop: 4 };
    for (const round of [1, 2, 3]) {
      await sendCode(store, strangers, START);
      if (round === 1) await attempt(store, strangers, START, limits);
      const challenge = await sendCode(store, mine, START, { limits });
      assert.deepEqual(await attempt(store, mine, START, limits), compares(challenge));
      assert.equal(await verdictOf(attempt(store, mine, START, limits)), 'compare');
      await consume(store, mine, challenge, START);
    }
  });

  it('stops a mobile after so many failures in a row over all sessions, until it is released', async (store) => {
    const { mine, strangers, nameless } = newSessions();
    const limits = { ...UNLIMITED, failuresBeforeStop: 3 };
    await failTwice(store, strangers, limits);
    const challenge = await sendCode(store, nameless, START);
    assert.deepEqual(await attempt(store, nameless, START, limits), { ...compares(challenge), stops: true });
    const decision = await reserve(store, mine, START, { limits });
    assert.equal(decision.outcome === 'refused' && decision.reason, 'stopped');
    assert.equal(await verdictOf(attempt(store, mine, START, limits)), 'stopped');
    await store.release(mine.subject, START);
    assert.deepEqual(await attempt(store, mine, START, limits), { outcome: 'refused', reason: 'other-session' });
    assert.equal((await reserve(store, mine, START, { limits })).outcome, 'reserved');
  });

  it('lets exactly 3 of 20 attempts of a session at once compare, if the third makes it wait', async (store) => {
    const customer = newCustomer({ session: newKey() });
    await sendCode(store, customer, START);
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, async () => verdictOf(attempt(store, customer, START, { failuresBeforeWait: 3 }))),
    );
    assert.equal(verdicts.filter((verdict) => verdict === 'compare').length, 3);
    assert.equal(verdicts.filter((verdict) => verdict === 'failures').length, 17);
  });
}

function newSessions(): Sessions {
  const nameless = newCustomer();
  const named = (): Customer => ({ ...nameless, session: newKey() });
  return { nameless, mine: named(), strangers: named() };
}

/** Returns how long the second one makes the session wait. */
async function failTwice(store: OtpStore, customer: Customer, limits: typeof UNLIMITED): Promise<number> {
  await sendCode(store, customer, START, { limits });
  await attempt(store, customer, START, limits);
  const second = await attempt(store, customer, START, limits);
  return second.outcome === 'compare' ? second.waitMs : assert.fail(second.reason);
}
