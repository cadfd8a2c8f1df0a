import assert from 'node:assert/strict';
import type { Quotas } from '../domain/quotas.ts';
import {
  type AddCase,
  newCustomer,
  newKey,
  newSend,
  NO_QUOTAS,
  reserve,
  sendCode,
  START,
  UNLIMITED,
} from './fixture.ts';

const OVER_BUDGET = { outcome: 'over-budget' };

/** What an account may send in a month. */
export function budgetCases(it: AddCase): void {
  it('sends as many codes in a month as the budget, committed or under way, and goes on in the next', async (store) => {
    const account = newKey();
    const quotas = budgetOf(2);
    await sendCode(store, newCustomer({ account }), START, { quotas });
    assert.equal((await reserve(store, newCustomer({ account }), START, { quotas })).outcome, 'reserved');
    assert.deepEqual(await reserve(store, newCustomer({ account }), START, { quotas }), OVER_BUDGET);
    const inJune = { quotas, month: '2026-06' };
    assert.equal((await reserve(store, newCustomer({ account }), START, inJune)).outcome, 'reserved');
    assert.deepEqual(await reserve(store, newCustomer({ account }), START, { quotas }), OVER_BUDGET);
  });

  it('sends the codes of other accounts, and those of the same one when its budget is raised', async (store) => {
    const account = newKey();
    await sendCode(store, newCustomer({ account }), START, { quotas: budgetOf(1) });
    assert.equal((await reserve(store, newCustomer(), START, { quotas: budgetOf(1) })).outcome, 'reserved');
    assert.equal((await reserve(store, newCustomer({ account }), START, { quotas: budgetOf(2) })).outcome, 'reserved');
    assert.equal((await reserve(store, newCustomer({ account }), START)).outcome, 'reserved');
  });

  it('sends nothing with a budget of nothing', async (store) => {
    assert.deepEqual(await reserve(store, newCustomer(), START, { quotas: budgetOf(0) }), OVER_BUDGET);
  });

  it('uses no budget for a send that was cancelled or refused', async (store) => {
    const customer = newCustomer();
    const quotas = budgetOf(2);
    const cancelled = newSend(customer, { quotas });
    await store.reserveSend(cancelled, START);
    await store.cancelSend(cancelled, START);
    const limits = { ...UNLIMITED, cooldownSeconds: [30] };
    for (const _ of [1, 2, 3]) await reserve(store, customer, START, { quotas, limits });
    for (const _ of [1, 2]) await sendCode(store, customer, START, { quotas });
    assert.deepEqual(await reserve(store, customer, START, { quotas }), OVER_BUDGET);
  });

  it('repeats the answer of a reference though the budget is used up', async (store) => {
    const customer = newCustomer();
    const [quotas, reference] = [budgetOf(1), { key: newKey(), body: 'one body' }];
    const first = newSend(customer, { quotas, reference });
    await store.reserveSend(first, START);
    await store.commitSend(first, START);
    const again = await reserve(store, customer, START, { quotas, reference });
    assert.deepEqual(again, { outcome: 'repeated', tid: first.tid, sentAt: START });
  });

  it('reserves as many of 20 sends at once as the budget', async (store) => {
    const account = newKey();
    const decisions = await Promise.all(
      Array.from({ length: 20 }, async () => reserve(store, newCustomer({ account }), START, { quotas: budgetOf(5) })),
    );
    assert.equal(decisions.filter(({ outcome }) => outcome === 'reserved').length, 5);
  });
}

function budgetOf(budgetPerMonth: number): Quotas {
  return { ...NO_QUOTAS, budgetPerMonth };
}
