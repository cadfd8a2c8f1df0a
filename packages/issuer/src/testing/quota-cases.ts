import assert from 'node:assert/strict';
import { DAY_MS, type OtpStore, SEND_WINDOWS, type SendWindow, WINDOW_PARTS } from '../domain/otp-store.ts';
import type { Quotas, SendCounts } from '../domain/quotas.ts';
import {
  type AddCase,
  type Customer,
  newCustomer,
  newKey,
  newSend,
  NO_QUOTAS,
  refused,
  reserve,
  sendCode,
  START,
  UNLIMITED,
} from './fixture.ts';

const [MINUTE] = SEND_WINDOWS as [SendWindow];

/** How much an account may send over all its mobiles, and each of its agents. */
export function quotaCases(it: AddCase): void {
  for (const whose of ['account', 'agent'] as const) {
    for (const window of SEND_WINDOWS) {
      it(`sends as many codes of an ${whose} as fit into any ${window.name}, and the next when one has left it`, async (store) => {
        await expectQuota(store, whose, window);
      });
    }
  }

  it('counts the sends of an account over all its agents, and leaves other accounts alone', async (store) => {
    const account = newKey();
    const quotas = limited('account', { perMinute: 2 });
    for (const _ of [1, 2]) await sendCode(store, newCustomer({ account }), START, { quotas });
    const third = await reserve(store, newCustomer({ account }), START, { quotas });
    assert.equal(third.outcome === 'refused' && third.reason, 'account-minute');
    assert.equal((await reserve(store, newCustomer(), START, { quotas })).outcome, 'reserved');
  });

  it('leaves the other agents of an account alone', async (store) => {
    const [account, agent] = [newKey(), newKey()];
    const quotas = limited('agent', { perMinute: 1 });
    await sendCode(store, newCustomer({ account, agent }), START, { quotas });
    const second = await reserve(store, newCustomer({ account, agent }), START, { quotas });
    assert.equal(second.outcome === 'refused' && second.reason, 'agent-minute');
    assert.equal((await reserve(store, newCustomer({ account }), START, { quotas })).outcome, 'reserved');
  });

  it('counts a send that the agent may not make for no account, and one that the mobile refuses for neither', async (store) => {
    const [account, agent] = [newKey(), newKey()];
    const quotas = limited('account', { perMinute: 3 }, limited('agent', { perMinute: 2 }));
    const limits = { ...UNLIMITED, cooldownSeconds: [30] };
    const customer = newCustomer({ account, agent });
    await sendCode(store, customer, START, { quotas, limits });
    for (const _ of [1, 2, 3]) await reserve(store, customer, START, { quotas, limits });
    await sendCode(store, newCustomer({ account, agent }), START, { quotas });
    for (const _ of [1, 2, 3]) await reserve(store, newCustomer({ account, agent }), START, { quotas });
    await sendCode(store, newCustomer({ account }), START, { quotas });
    const fourth = await reserve(store, newCustomer({ account }), START, { quotas });
    assert.equal(fourth.outcome === 'refused' && fourth.reason, 'account-minute');
  });

  it('counts a send that the account may not make for no mobile', async (store) => {
    const { account, ...others } = newCustomer();
    const quotas = limited('account', { perMinute: 1 });
    const limits = { ...UNLIMITED, sendsPerDay: 2 };
    await sendCode(store, { account, ...others }, START, { quotas, limits });
    for (const _ of [1, 2, 3]) await reserve(store, { account, ...others }, START, { quotas, limits });
    await sendCode(store, { account, ...others }, START, { limits });
    const third = await reserve(store, { account, ...others }, START, { limits });
    assert.deepEqual(third, refused('day', DAY_MS));
  });

  it('counts no send that was cancelled, whenever it is', async (store) => {
    const customer = newCustomer();
    const quotas = limited('account', { perMinute: 2 }, limited('agent', { perMinute: 2 }));
    const [cancelled, later] = [newSend(customer, { quotas }), START + partMs(MINUTE)];
    await store.reserveSend(cancelled, START);
    await sendCode(store, customer, later, { quotas });
    await store.cancelSend(cancelled, START);
    assert.equal((await reserve(store, customer, later, { quotas })).outcome, 'reserved');
    const third = await reserve(store, customer, later, { quotas });
    assert.deepEqual(third, refused('account-minute', partAfter(later, MINUTE) - later));
  });

  it('reserves as many of 20 sends at once as the quota, each to a mobile of its own', async (store) => {
    const [account, agent] = [newKey(), newKey()];
    for (const quotas of [limited('account', { perMinute: 5 }), limited('agent', { perMinute: 7 })]) {
      const decisions = await Promise.all(
        Array.from({ length: 20 }, async () => reserve(store, newCustomer({ account, agent }), START, { quotas })),
      );
      const reserved = decisions.filter(({ outcome }) => outcome === 'reserved').length;
      assert.equal(reserved, quotas.account.perMinute === 5 ? 5 : 2);
    }
  });
}

/** Three sends fit: one, and two a twelfth later. */
async function expectQuota(store: OtpStore, whose: 'account' | 'agent', window: SendWindow): Promise<void> {
  const [account, agent] = [newKey(), newKey()];
  const quotas = limited(whose, { [window.quota]: 3 });
  const next = (): Customer => newCustomer(whose === 'agent' ? { account, agent } : { account });
  const reason = `${whose}-${window.name}` as const;
  const second = START + partMs(window);
  await sendCode(store, next(), START, { quotas });
  for (const _ of [2, 3]) await sendCode(store, next(), second, { quotas });
  const firstLeaves = partAfter(START, window);
  assert.deepEqual(await reserve(store, next(), second, { quotas }), refused(reason, firstLeaves - second));
  assert.deepEqual(await reserve(store, next(), firstLeaves - 1, { quotas }), refused(reason, 1));
  await sendCode(store, next(), firstLeaves, { quotas });
  const others = partAfter(second, window);
  assert.deepEqual(await reserve(store, next(), firstLeaves, { quotas }), refused(reason, others - firstLeaves));
  for (const _ of [2, 3]) await sendCode(store, next(), others, { quotas });
  assert.equal((await reserve(store, next(), others, { quotas })).outcome, 'refused');
}

function partMs({ lengthMs }: SendWindow): number {
  return lengthMs / WINDOW_PARTS;
}

/** When what was sent at that instant has left the window. */
function partAfter(instant: number, window: SendWindow): number {
  return (Math.floor(instant / partMs(window)) + WINDOW_PARTS + 1) * partMs(window);
}

function limited(whose: 'account' | 'agent', counts: Partial<SendCounts>, base: Quotas = NO_QUOTAS): Quotas {
  return { ...base, [whose]: { ...base[whose], ...counts } };
}
