import assert from 'node:assert/strict';
import { CODE_LIFETIME_MS, SAME_ANSWER_MS } from '../domain/challenge.ts';
import { DAY_MS, HOUR_MS, type SendDecision, SENDS_UNDER_WAY, type SendReservation } from '../domain/otp-store.ts';
import {
  type AddCase,
  attempt,
  beginSend,
  compares,
  consume,
  newCustomer,
  newKey,
  refused,
  reserve,
  sendCode,
  START,
  TODAY,
  UNLIMITED,
  verdictOf,
} from './fixture.ts';

/** What a code is worth while its SMS is being handed over. */
export function pendingCases(it: AddCase): void {
  comparingCases(it);
  consumingCases(it);
  cancellingCases(it);
}

function comparingCases(it: AddCase): void {
  it('compares with a code before its SMS was accepted, member for member, and counts what it would count later', async (store) => {
    const customer = newCustomer();
    const { challenge } = await beginSend(store, customer, START);
    const decision = await attempt(store, customer, START, { failuresBeforeWait: 1, failuresBeforeStop: 1 });
    assert.deepEqual(decision, { outcome: 'compare', challenges: [challenge], waitMs: 30_000, stops: true });
    assert.equal(await verdictOf(attempt(store, customer, START, { failuresBeforeStop: 1 })), 'stopped');
  });

  it('compares with up to 8 codes that are being sent and the live one, the newest first', async (store) => {
    const customer = newCustomer();
    const known = [await sendCode(store, customer, START)];
    for (let sends = 0; sends < SENDS_UNDER_WAY; sends += 1) {
      known.unshift((await beginSend(store, customer, START + sends)).challenge);
    }
    assert.deepEqual(await attempt(store, customer, START + 60), compares(...known));
    const { challenge } = await beginSend(store, customer, START + 60);
    const withoutOldest = [challenge, ...known.filter((_, index) => index !== SENDS_UNDER_WAY - 1)];
    assert.deepEqual(await attempt(store, customer, START + 60), compares(...withoutOldest));
  });

  it('lets exactly 5 of 50 attempts at once compare with a code that is being sent, and none when it is sent', async (store) => {
    const customer = newCustomer();
    const send = await beginSend(store, customer, START);
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, async () => verdictOf(attempt(store, customer, START))),
    );
    assert.equal(verdicts.filter((verdict) => verdict === 'compare').length, 5);
    assert.equal(verdicts.filter((verdict) => verdict === 'attempts-used').length, 45);
    await store.commitSend(send, START);
    assert.equal(await verdictOf(attempt(store, customer, START)), 'attempts-used');
  });

  it('counts a guess at every code that it is compared with, and one failure', async (store) => {
    const customer = newCustomer();
    const limits = { ...UNLIMITED, attemptsPerCode: 2 };
    const live = await sendCode(store, customer, START, { limits });
    await attempt(store, customer, START);
    const send = await beginSend(store, customer, START, { limits });
    const both = await attempt(store, customer, START, { failuresBeforeStop: 3, failuresBeforeWait: 3 });
    assert.deepEqual(both, compares(send.challenge, live));
    const last = await attempt(store, customer, START, { failuresBeforeStop: 3 });
    assert.deepEqual(last, { ...compares(send.challenge), stops: true });
    assert.equal(await verdictOf(attempt(store, customer, START)), 'attempts-used');
  });

  it('compares with a code that is being sent in its own session alone, and counts nothing for any other', async (store) => {
    const [mine, strangers] = [newCustomer({ session: newKey() }), newKey()];
    const limits = { ...UNLIMITED, attemptsPerCode: 1 };
    const live = await sendCode(store, mine, START, { limits });
    const { challenge } = await beginSend(store, { ...mine, session: strangers }, START, { limits });
    assert.deepEqual(await attempt(store, mine, START), compares(live));
    assert.deepEqual(await attempt(store, { ...mine, session: strangers }, START), compares(challenge));
    const nameless = newCustomer();
    await beginSend(store, nameless, START);
    assert.equal(await verdictOf(attempt(store, { ...nameless, session: strangers }, START)), 'other-session');
  });

  it('compares with a code that is being sent up to its last millisecond, though its send never ends', async (store) => {
    const customer = newCustomer();
    const { challenge } = await beginSend(store, customer, START);
    const end = START + CODE_LIFETIME_MS;
    assert.deepEqual(await attempt(store, customer, end - 1), compares(challenge));
    assert.equal(await verdictOf(attempt(store, customer, end)), 'expired');
    assert.deepEqual(await consume(store, customer, challenge, end), { outcome: 'lost' });
  });
}

function consumingCases(it: AddCase): void {
  it('consumes a code that is being sent for one of 50 at once, and returns its answer to the others', async (store) => {
    const customer = newCustomer();
    const send = await beginSend(store, customer, START);
    const results = await Promise.all(
      Array.from({ length: 50 }, async (_, caller) => consume(store, customer, send.challenge, START, `${caller}`)),
    );
    const winner = results.findIndex(({ outcome }) => outcome === 'consumed');
    for (const [caller, result] of results.entries()) {
      if (caller !== winner) assert.deepEqual(result, { outcome: 'repeated', sealedAnswer: `${winner}` });
    }
  });

  it('revives no code with its commit, repeats its answer, and bills it as any other', async (store) => {
    const customer = newCustomer();
    const reference = { key: newKey(), body: 'one body' };
    const send = await beginSend(store, customer, START, { reference });
    await attempt(store, customer, START);
    assert.deepEqual(await consume(store, customer, send.challenge, START, 'first'), { outcome: 'consumed' });
    assert.deepEqual(await store.commitSend(send, START + 1), { outcome: 'verified' });
    const repeated = { outcome: 'repeated', sealedAnswer: 'first' };
    assert.deepEqual(await attempt(store, customer, START + 2), compares(send.challenge));
    assert.deepEqual(await consume(store, customer, send.challenge, START + 2, 'second'), repeated);
    assert.equal(await verdictOf(attempt(store, customer, START + SAME_ANSWER_MS)), 'used');
    assert.deepEqual(await store.usage(customer.account, [TODAY]), [{ sent: 1, verified: 1 }]);
    assert.equal((await reserve(store, customer, START + 3, { reference })).outcome, 'repeated');
  });

  it('takes back the failures of a right code that is being sent, and the attempt at it', async (store) => {
    const customer = newCustomer();
    const limits = { ...UNLIMITED, attemptsPerCode: 2, failuresBeforeStop: 3 };
    const send = await beginSend(store, customer, START, { limits });
    await attempt(store, customer, START, limits);
    await consume(store, customer, send.challenge, START);
    for (const _ of [1, 2]) assert.deepEqual(await attempt(store, customer, START, limits), compares(send.challenge));
    assert.equal(await verdictOf(attempt(store, customer, START, limits)), 'attempts-used');
  });

  it('kills the live code, and what was being sent for longer, with the use of a newer one', async (store) => {
    const customer = newCustomer();
    const live = await sendCode(store, customer, START);
    await consume(store, customer, live, START, 'of the live one');
    const older = await beginSend(store, customer, START);
    const { challenge } = await beginSend(store, customer, START);
    assert.deepEqual(await consume(store, customer, challenge, START, 'first'), { outcome: 'consumed' });
    assert.deepEqual(await attempt(store, customer, START), compares(challenge));
    for (const dead of [live, older.challenge]) {
      assert.deepEqual(await consume(store, customer, dead, START), { outcome: 'lost' });
    }
    assert.deepEqual(await store.commitSend(older, START), { outcome: 'superseded' });
    assert.deepEqual(await attempt(store, customer, START), compares(challenge));
    const repeated = { outcome: 'repeated', sealedAnswer: 'first' };
    assert.deepEqual(await consume(store, customer, challenge, START), repeated);
  });

  it('leaves a code that is being sent alone when an older one is used or committed', async (store) => {
    const customer = newCustomer();
    const [used, committed] = [await beginSend(store, customer, START), await beginSend(store, customer, START)];
    const newest = await beginSend(store, customer, START);
    await consume(store, customer, used.challenge, START);
    await store.commitSend(committed, START);
    assert.deepEqual(await attempt(store, customer, START), compares(newest.challenge, committed.challenge));
    assert.deepEqual(await consume(store, customer, newest.challenge, START), { outcome: 'consumed' });
  });
}

function cancellingCases(it: AddCase): void {
  it('refuses the code of a send that was cancelled, and goes on with that of a slow one', async (store) => {
    const customer = newCustomer();
    const slow = await beginSend(store, customer, START);
    const cancelled = await beginSend(store, customer, START);
    await store.cancelSend(cancelled, START);
    assert.deepEqual(await attempt(store, customer, START), compares(slow.challenge));
    assert.deepEqual(await consume(store, customer, cancelled.challenge, START), { outcome: 'lost' });
    await store.cancelSend(slow, START);
    assert.equal(await verdictOf(attempt(store, customer, START)), 'never-sent');
  });

  it('takes back no use of a code whose send is cancelled afterwards', async (store) => {
    const customer = newCustomer();
    const send = await beginSend(store, customer, START);
    await consume(store, customer, send.challenge, START, 'first');
    await store.cancelSend(send, START);
    const repeated = { outcome: 'repeated', sealedAnswer: 'first' };
    assert.deepEqual(await consume(store, customer, send.challenge, START), repeated);
    assert.equal(await verdictOf(attempt(store, customer, START + SAME_ANSWER_MS)), 'used');
    assert.deepEqual(await store.usage(customer.account, [TODAY]), [{ sent: 0, verified: 1 }]);
  });

  for (const [what, rulesOf, wait] of WINDOWS) {
    it(`counts a cancelled send among those of ${what}, if its code was guessed at, used or replaced`, async (store) => {
      const [guessed, used, replaced] = [newCustomer(), newCustomer(), newCustomer()];
      const first = await beginSend(store, guessed, START);
      await attempt(store, guessed, START);
      await store.cancelSend(first, START);
      assert.deepEqual(await reserve(store, guessed, START, rulesOf(1)), wait);
      const second = await beginSend(store, used, START);
      await consume(store, used, second.challenge, START);
      await store.cancelSend(second, START);
      assert.deepEqual(await reserve(store, used, START, rulesOf(1)), wait);
      const third = await beginSend(store, replaced, START);
      await sendCode(store, replaced, START);
      await store.cancelSend(third, START);
      assert.deepEqual(await reserve(store, replaced, START, rulesOf(2)), wait);
    });
  }
}

const WINDOWS: readonly [string, (allowed: number) => Partial<SendReservation>, SendDecision][] = [
  ['an hour', (sendsPerHour) => ({ limits: { ...UNLIMITED, sendsPerHour } }), refused('hour', HOUR_MS)],
  ['a mobile', (sendsPerMobileAndDay) => ({ sendsPerMobileAndDay }), refused('mobile-day', DAY_MS)],
];
