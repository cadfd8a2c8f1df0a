import assert from 'node:assert/strict';
import { ABANDONED_AFTER_MS, REFERENCE_MS, type SendReservation } from '../domain/otp-store.ts';
import { type AddCase, type Customer, newCustomer, newKey, newSend, START, UNLIMITED } from './fixture.ts';

/** What a caller's own reference makes of a send that comes again. */
export function referenceCases(it: AddCase): void {
  it('repeats the answer of a reference for 24 hours after its SMS was accepted', async (store) => {
    const { first, again } = newSendsOfOneReference();
    const sentAt = START + 1000;
    await store.reserveSend(first, START);
    await store.commitSend(first, sentAt);
    const repeated = { outcome: 'repeated', tid: first.tid, sentAt };
    assert.deepEqual(await store.reserveSend(again(), sentAt), repeated);
    assert.deepEqual(await store.reserveSend(again(), sentAt + REFERENCE_MS - 1), repeated);
    assert.deepEqual(await store.reserveSend(again(), sentAt + REFERENCE_MS), { outcome: 'reserved' });
  });

  it('repeats the answer of a reference whatever the limits say', async (store) => {
    const { first, again } = newSendsOfOneReference({ limits: { ...UNLIMITED, cooldownSeconds: [30] } });
    await store.reserveSend(first, START);
    await store.commitSend(first, START);
    assert.equal((await store.reserveSend(again(), START + 1)).outcome, 'repeated');
  });

  it('says that a reference is under way until its send has ended', async (store) => {
    const { first, again } = newSendsOfOneReference();
    await store.reserveSend(first, START);
    assert.deepEqual(await store.reserveSend(again(), START + 1), underWay(ABANDONED_AFTER_MS - 1));
    await store.commitSend(first, START + 2);
    assert.equal((await store.reserveSend(again(), START + 3)).outcome, 'repeated');
  });

  it('may use a reference again a minute after its send was given up', async (store) => {
    const { first, again } = newSendsOfOneReference();
    await store.reserveSend(first, START);
    const last = START + ABANDONED_AFTER_MS - 1;
    assert.deepEqual(await store.reserveSend(again(), last), underWay(1));
    assert.deepEqual(await store.reserveSend(again(), last + 1), { outcome: 'reserved' });
  });

  it('refuses a reference that stands for another request, under way or sent', async (store) => {
    const { first, again } = newSendsOfOneReference();
    const other = (): SendReservation => again({ body: 'another body' });
    await store.reserveSend(first, START);
    assert.deepEqual(await store.reserveSend(other(), START), { outcome: 'conflict' });
    await store.commitSend(first, START);
    assert.deepEqual(await store.reserveSend(other(), START), { outcome: 'conflict' });
  });

  it('may use a reference again, also for another request, when its send was cancelled', async (store) => {
    const { first, again } = newSendsOfOneReference();
    await store.reserveSend(first, START);
    await store.cancelSend(first, START);
    assert.deepEqual(await store.reserveSend(again({ body: 'another body' }), START), { outcome: 'reserved' });
  });

  it('leaves the reference of a later send alone when an abandoned one is cancelled after all', async (store) => {
    const { first, again } = newSendsOfOneReference();
    await store.reserveSend(first, START);
    const later = START + ABANDONED_AFTER_MS;
    await store.reserveSend(again(), later);
    await store.cancelSend(first, later + 1);
    assert.deepEqual(await store.reserveSend(again(), later + 2), underWay(ABANDONED_AFTER_MS - 2));
  });

  it('reserves one of 20 sends at once under one reference', async (store) => {
    const { again } = newSendsOfOneReference();
    const decisions = await Promise.all(Array.from({ length: 20 }, async () => store.reserveSend(again(), START)));
    assert.equal(decisions.filter(({ outcome }) => outcome === 'reserved').length, 1);
    assert.equal(decisions.filter(({ outcome }) => outcome === 'under-way').length, 19);
  });

  it('remembers no reference of a send that was refused, and none for sends without one', async (store) => {
    const customer = newCustomer();
    const limits = { ...UNLIMITED, cooldownSeconds: [30] };
    await store.reserveSend(newSend(customer, { limits }), START);
    const { first, again } = newSendsOfOneReference({ limits }, customer);
    assert.equal((await store.reserveSend(first, START)).outcome, 'refused');
    assert.deepEqual(await store.reserveSend(again({ body: 'another body' }), START + 30_000), { outcome: 'reserved' });
    assert.deepEqual(await store.reserveSend(newSend(customer), START + 60_000), { outcome: 'reserved' });
  });
}

function underWay(retryAfterMs: number): object {
  return { outcome: 'under-way', retryAfterMs };
}

interface SendsOfOneReference {
  readonly first: SendReservation;
  /** The same request once more: only challenge and `tid` are new. */
  readonly again: (changes?: { body: string }) => SendReservation;
}

function newSendsOfOneReference(
  changes: Partial<SendReservation> = {},
  customer: Customer = newCustomer(),
): SendsOfOneReference {
  const reference = { key: newKey(), body: 'one body' };
  return {
    first: newSend(customer, { ...changes, reference }),
    again: (other) => newSend(customer, { ...changes, reference: { ...reference, ...other } }),
  };
}
