import assert from 'node:assert/strict';
import type { Limits } from '../domain/limits.ts';
import { DAY_MS, HOUR_MS, type OtpStore, type SendReservation, type SendWait } from '../domain/otp-store.ts';
import {
  type AddCase,
  attempt,
  newCustomer,
  newSend,
  refused,
  reserve,
  sendCode,
  START,
  UNLIMITED,
} from './fixture.ts';

const MINUTE_MS = 60_000;

/** How long a send must wait. */
export function sendLimitCases(it: AddCase): void {
  it('pauses longer after each send within an hour; the last pause holds for all that follow', async (store) => {
    const customer = newCustomer();
    const limits = limited({ cooldownSeconds: [30, 60] });
    let now = START;
    await sendCode(store, customer, now, { limits });
    for (const seconds of [30, 60, 60]) {
      now += seconds * 1000;
      assert.deepEqual(await reserve(store, customer, now - 1, { limits }), refused('cooldown', 1));
      await sendCode(store, customer, now, { limits });
    }
  });

  it('begins with the first pause again when the sends before are an hour old', async (store) => {
    const customer = newCustomer();
    const limits = limited({ cooldownSeconds: [30, 60] });
    await sendCode(store, customer, START, { limits });
    await sendCode(store, customer, START + HOUR_MS, { limits });
    const next = START + HOUR_MS + 30_000;
    assert.deepEqual(await reserve(store, customer, next - 1, { limits }), refused('cooldown', 1));
    assert.equal((await reserve(store, customer, next, { limits })).outcome, 'reserved');
  });

  it('sends so many codes within any hour, and the next when the first is an hour old', async (store) => {
    const limits = limited({ sendsPerHour: 2 });
    await expectWindow(store, { limits }, { reason: 'hour', lengthMs: HOUR_MS });
  });

  it('sends so many codes within any 24 hours, and the next when the first is a day old', async (store) => {
    const limits = limited({ sendsPerDay: 2 });
    await expectWindow(store, { limits }, { reason: 'day', lengthMs: DAY_MS });
  });

  it('sends so many codes to one mobile in 24 hours over all accounts, and goes on sending to others', async (store) => {
    const { mobile } = newCustomer();
    const rules = { sendsPerMobileAndDay: 2 };
    for (const minutes of [0, 1]) await sendCode(store, newCustomer({ mobile }), START + minutes * MINUTE_MS, rules);
    const third = newCustomer({ mobile });
    assert.deepEqual(await reserve(store, third, START + DAY_MS - 1, rules), refused('mobile-day', 1));
    assert.equal((await reserve(store, newCustomer(), START + DAY_MS - 1, rules)).outcome, 'reserved');
    assert.equal((await reserve(store, third, START + DAY_MS, rules)).outcome, 'reserved');
  });

  it('keeps sends to a mobile for accounts that have sent it fewer than two, and no more than there are', async (store) => {
    const { mobile } = newCustomer();
    const [first, second, third] = [newCustomer({ mobile }), newCustomer({ mobile }), newCustomer({ mobile })];
    const rules = { sendsPerMobileAndDay: 5, openSendsPerMobileAndDay: 3 };
    for (const _ of [1, 2, 3]) await sendCode(store, first, START, rules);
    assert.deepEqual(await reserve(store, first, START, rules), refused('mobile-day', DAY_MS));
    await sendCode(store, second, START + 1, rules);
    await sendCode(store, second, START + 1, rules);
    assert.deepEqual(await reserve(store, second, START + 1, rules), refused('mobile-day', DAY_MS - 1));
    assert.deepEqual(await reserve(store, third, START + 1, rules), refused('mobile-day', DAY_MS - 1));
    assert.equal((await reserve(store, third, START + DAY_MS, rules)).outcome, 'reserved');
  });

  it('sends again to a mobile when an open send is a day old, or when all but one of its own are', async (store) => {
    for (const [openSendsPerMobileAndDay, index] of [
      [3, 0],
      [1, 1],
    ] as const) {
      const customer = newCustomer();
      const rules = { openSendsPerMobileAndDay };
      const sentAt = [START, START + MINUTE_MS, START + 2 * MINUTE_MS];
      for (const instant of sentAt) await sendCode(store, customer, instant);
      const freeAt = sentAt[index]! + DAY_MS;
      assert.deepEqual(await reserve(store, customer, freeAt - 1, rules), refused('mobile-day', 1));
      assert.equal((await reserve(store, customer, freeAt, rules)).outcome, 'reserved');
    }
  });

  it('names the longest wait', async (store) => {
    const customer = newCustomer();
    const limits = limited({ cooldownSeconds: [30], sendsPerHour: 1, sendsPerDay: 1 });
    await sendCode(store, customer, START, { limits });
    assert.deepEqual(await reserve(store, customer, START + 1000, { limits }), refused('day', DAY_MS - 1000));
  });

  it('counts no send that was refused', async (store) => {
    const customer = newCustomer();
    const limits = limited({ cooldownSeconds: [30], sendsPerHour: 2 });
    await sendCode(store, customer, START, { limits });
    for (const seconds of [1, 2, 3]) await reserve(store, customer, START + seconds * 1000, { limits });
    assert.equal((await reserve(store, customer, START + 30_000, { limits })).outcome, 'reserved');
  });

  it('counts no send that was cancelled in a window', async (store) => {
    const customer = newCustomer();
    const rules = {
      limits: limited({ sendsPerHour: 1, sendsPerDay: 1 }),
      sendsPerMobileAndDay: 1,
    };
    const cancelled = newSend(customer, rules);
    await store.reserveSend(cancelled, START);
    await store.cancelSend(cancelled, START);
    assert.equal((await reserve(store, customer, START, rules)).outcome, 'reserved');
  });

  it('pauses after a send that was cancelled as after any other, and longer after each', async (store) => {
    const customer = newCustomer();
    const limits = limited({ cooldownSeconds: [30, 60, 120], sendsPerHour: 1 });
    let now = START;
    for (const seconds of [30, 60, 120, 120]) {
      const cancelled = newSend(customer, { limits });
      assert.deepEqual(await store.reserveSend(cancelled, now), { outcome: 'reserved' });
      await store.cancelSend(cancelled, now);
      assert.deepEqual(await reserve(store, customer, now, { limits }), refused('cooldown', seconds * 1000));
      now += seconds * 1000;
      assert.deepEqual(await reserve(store, customer, now - 1, { limits }), refused('cooldown', 1));
    }
    assert.equal((await reserve(store, customer, now, { limits })).outcome, 'reserved');
  });

  it('begins with the first pause again when the cancelled sends are an hour old', async (store) => {
    const customer = newCustomer();
    const limits = limited({ cooldownSeconds: [30, 60] });
    const cancelled = newSend(customer, { limits });
    await store.reserveSend(cancelled, START);
    await store.cancelSend(cancelled, START);
    await sendCode(store, customer, START + HOUR_MS, { limits });
    const next = START + HOUR_MS + 30_000;
    assert.deepEqual(await reserve(store, customer, next - 1, { limits }), refused('cooldown', 1));
    assert.equal((await reserve(store, customer, next, { limits })).outcome, 'reserved');
  });

  it('reserves one of 20 sends at once', async (store) => {
    const customer = newCustomer();
    const limits = limited({ cooldownSeconds: [30] });
    const decisions = await Promise.all(
      Array.from({ length: 20 }, async () => reserve(store, customer, START, { limits })),
    );
    assert.equal(decisions.filter(({ outcome }) => outcome === 'reserved').length, 1);
  });

  it('keeps customers apart, also those whose keys differ in the case of one letter', async (store) => {
    const limits = limited({ cooldownSeconds: [30] });
    const { subject, mobile } = newCustomer();
    for (const first of ['a', 'A', '-', '_']) {
      await sendCode(store, newCustomer({ subject: first + subject, mobile: first + mobile }), START, { limits });
    }
  });

  it('refuses a send while failures make the mobile wait', async (store) => {
    const customer = newCustomer();
    await sendCode(store, customer, START);
    await attempt(store, customer, START, { failuresBeforeWait: 1 });
    assert.deepEqual(await reserve(store, customer, START + 29_999), refused('failures', 1));
    assert.equal((await reserve(store, customer, START + 30_000)).outcome, 'reserved');
  });

  it('refuses every send to a mobile that is stopped', async (store) => {
    const customer = newCustomer();
    const limits = limited({ failuresBeforeStop: 1 });
    await sendCode(store, customer, START, { limits });
    await attempt(store, customer, START, limits);
    const decision = await reserve(store, customer, START + 29 * DAY_MS, { limits });
    assert.equal(decision.outcome === 'refused' && decision.reason, 'stopped');
  });
}

/** Two sends fit, a minute apart; the third does when the first is as old as the window is long. */
async function expectWindow(
  store: OtpStore,
  rules: Partial<SendReservation>,
  { reason, lengthMs }: { reason: SendWait; lengthMs: number },
): Promise<void> {
  const customer = newCustomer();
  for (const minutes of [0, 1]) await sendCode(store, customer, START + minutes * MINUTE_MS, rules);
  assert.deepEqual(await reserve(store, customer, START + lengthMs - 1, rules), refused(reason, 1));
  await sendCode(store, customer, START + lengthMs, rules);
  assert.deepEqual(await reserve(store, customer, START + lengthMs, rules), refused(reason, MINUTE_MS));
}

function limited(changes: Partial<Limits>): Limits {
  return { ...UNLIMITED, ...changes };
}
