import assert from 'node:assert/strict';
import { CONVERSION_SLOT_MS, CONVERSION_SLOTS, type OtpStore, type SendDecision } from '../domain/otp-store.ts';
import { type AddCase, challengeFor, consume, newCustomer, newKey, newSend, START } from './fixture.ts';

const GUARD = { minimumSends: 10, minimumShare: 0.5, secondsBetweenSends: 60 };
/** The first instant of a slot: what was sent in it counts from the next slot on. */
const SLOT: number = Math.ceil(START / CONVERSION_SLOT_MS) * CONVERSION_SLOT_MS;
const NEXT_SLOT: number = SLOT + CONVERSION_SLOT_MS;

/** When a prefix is slowed because it sends much and verifies little. */
export function conversionCases(it: AddCase): void {
  it('lets one send in so long through to a prefix that verifies too little, and all to other prefixes', async (store) => {
    const prefix = newKey();
    await sendMany(store, prefix, { sent: 10, verified: 4 });
    assert.equal((await sendTo(store, prefix, NEXT_SLOT)).outcome, 'reserved');
    const slowed = await sendTo(store, prefix, NEXT_SLOT + 59_999);
    assert.deepEqual(slowed, { outcome: 'refused', reason: 'conversion', retryAfterMs: 1 });
    assert.equal((await sendTo(store, newKey(), NEXT_SLOT + 59_999)).outcome, 'reserved');
    assert.equal((await sendTo(store, prefix, NEXT_SLOT + 60_000)).outcome, 'reserved');
  });

  it('slows no prefix that verifies its share', async (store) => {
    const prefix = newKey();
    await sendMany(store, prefix, { sent: 10, verified: 5 });
    await expectUnslowed(store, prefix, NEXT_SLOT);
  });

  it('slows no prefix that was sent too little to conclude anything, cancelled sends not counted', async (store) => {
    const prefix = newKey();
    await sendMany(store, prefix, { sent: 9, verified: 0 });
    const cancelled = newSend(newCustomer({ prefix }), { conversionGuard: GUARD });
    await store.reserveSend(cancelled, SLOT);
    await store.cancelSend(cancelled, SLOT);
    await expectUnslowed(store, prefix, NEXT_SLOT);
  });

  it('concludes nothing from codes that are still under way, nor from old ones', async (store) => {
    const prefix = newKey();
    await sendMany(store, prefix, { sent: 10, verified: 0 });
    await expectUnslowed(store, prefix, NEXT_SLOT - 1);
    const other = newKey();
    await sendMany(store, other, { sent: 10, verified: 0 });
    await expectUnslowed(store, other, SLOT + (CONVERSION_SLOTS + 1) * CONVERSION_SLOT_MS);
  });
}

async function sendMany(
  store: OtpStore,
  prefix: string,
  { sent, verified }: { sent: number; verified: number },
): Promise<void> {
  for (let count = 0; count < sent; count += 1) {
    const customer = newCustomer({ prefix });
    const send = newSend(customer, { conversionGuard: GUARD });
    await store.reserveSend(send, SLOT);
    const challenge = challengeFor(send, SLOT);
    await store.commitSend(send, challenge, SLOT);
    if (count < verified) await consume(store, customer, challenge, SLOT + 1);
  }
}

async function expectUnslowed(store: OtpStore, prefix: string, now: number): Promise<void> {
  for (const _ of [1, 2, 3]) assert.equal((await sendTo(store, prefix, now)).outcome, 'reserved');
}

async function sendTo(store: OtpStore, prefix: string, now: number): Promise<SendDecision> {
  return store.reserveSend(newSend(newCustomer({ prefix }), { conversionGuard: GUARD }), now);
}
