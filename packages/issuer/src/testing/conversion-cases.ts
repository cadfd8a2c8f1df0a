import assert from 'node:assert/strict';
import {
  CONVERSION_SLOT_MS,
  CONVERSION_SLOTS,
  type OtpStore,
  type SendDecision,
  type SendReservation,
} from '../domain/otp-store.ts';
import {
  type AddCase,
  consume,
  type Customer,
  newCustomer,
  newKey,
  newSend,
  NO_QUOTAS,
  refused,
  reserve,
  sendCode,
  START,
} from './fixture.ts';

const GUARD = { minimumSends: 10, minimumShare: 0.5, secondsBetweenSends: 60 };
/** The first instant of a slot: what was sent in it counts from the next slot on. */
const SLOT: number = Math.ceil(START / CONVERSION_SLOT_MS) * CONVERSION_SLOT_MS;
const NEXT_SLOT: number = SLOT + CONVERSION_SLOT_MS;

/** Customers of one prefix, or of one account and as many prefixes, under the guard that counts them together. */
interface Group {
  readonly newMember: () => Customer;
  readonly rules: Partial<SendReservation>;
}

const GROUPS = {
  prefix: { reason: 'conversion', guard: 'conversionGuard' },
  account: { reason: 'account-conversion', guard: 'accountConversionGuard' },
} as const;

/** When a prefix or an account is slowed because it sends much and verifies little. */
export function conversionCases(it: AddCase): void {
  for (const [what, { reason, guard }] of Object.entries(GROUPS)) {
    const newGroup = (): Group => {
      const shared = { [what]: newKey() };
      return { newMember: () => newCustomer(shared), rules: { [guard]: GUARD } };
    };

    it(`lets one send in so long through to a ${what} that verifies too little, and all to others`, async (store) => {
      const group = newGroup();
      await sendMany(store, group, { sent: 10, verified: 4 });
      assert.equal((await sendTo(store, group, NEXT_SLOT)).outcome, 'reserved');
      assert.deepEqual(await sendTo(store, group, NEXT_SLOT + 59_999), refused(reason, 1));
      assert.equal((await sendTo(store, newGroup(), NEXT_SLOT + 59_999)).outcome, 'reserved');
      assert.equal((await sendTo(store, group, NEXT_SLOT + 60_000)).outcome, 'reserved');
    });

    it(`slows no ${what} that verifies its share`, async (store) => {
      const group = newGroup();
      await sendMany(store, group, { sent: 10, verified: 5 });
      await expectUnslowed(store, group, NEXT_SLOT);
    });

    it(`slows no ${what} that was sent too little to conclude anything, cancelled sends not counted`, async (store) => {
      const group = newGroup();
      await sendMany(store, group, { sent: 9, verified: 0 });
      const cancelled = newSend(group.newMember(), group.rules);
      await store.reserveSend(cancelled, SLOT);
      await store.cancelSend(cancelled, SLOT);
      await expectUnslowed(store, group, NEXT_SLOT);
    });

    it(`concludes nothing of a ${what} from codes that are still under way, nor from old ones`, async (store) => {
      const group = newGroup();
      await sendMany(store, group, { sent: 10, verified: 0 });
      await expectUnslowed(store, group, NEXT_SLOT - 1);
      const other = newGroup();
      await sendMany(store, other, { sent: 10, verified: 0 });
      await expectUnslowed(store, other, SLOT + (CONVERSION_SLOTS + 1) * CONVERSION_SLOT_MS);
    });
  }

  it('counts a send that is slowed for no agent and no budget', async (store) => {
    const customer = newCustomer();
    const { prefix } = customer;
    const slowed: Group = { newMember: () => newCustomer({ prefix }), rules: { conversionGuard: GUARD } };
    await sendMany(store, slowed, { sent: 10, verified: 0 });
    assert.equal((await sendTo(store, slowed, NEXT_SLOT)).outcome, 'reserved');
    const quotas = { ...NO_QUOTAS, agent: { ...NO_QUOTAS.agent, perHour: 1 }, budgetPerMonth: 1 };
    const rules = { conversionGuard: GUARD, quotas };
    for (const ms of [1, 2, 3]) {
      assert.deepEqual(await reserve(store, customer, NEXT_SLOT + ms, rules), refused('conversion', 60_000 - ms));
    }
    assert.equal((await reserve(store, customer, NEXT_SLOT + 60_000, rules)).outcome, 'reserved');
  });
}

async function sendMany(
  store: OtpStore,
  { newMember, rules }: Group,
  { sent, verified }: { sent: number; verified: number },
): Promise<void> {
  for (let count = 0; count < sent; count += 1) {
    const customer = newMember();
    const challenge = await sendCode(store, customer, SLOT, rules);
    if (count < verified) await consume(store, customer, challenge, SLOT + 1);
  }
}

async function expectUnslowed(store: OtpStore, group: Group, now: number): Promise<void> {
  for (const _ of [1, 2, 3]) assert.equal((await sendTo(store, group, now)).outcome, 'reserved');
}

async function sendTo(store: OtpStore, { newMember, rules }: Group, now: number): Promise<SendDecision> {
  return reserve(store, newMember(), now, rules);
}
