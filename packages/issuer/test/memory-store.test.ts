import { describe, expect, it } from 'vitest';
import { memoryOtpStore, type OtpStore, type SendReservation } from '@verified-mobile/issuer';
import { type Customer, newCustomer, newKey, newSend, NO_QUOTAS, UNLIMITED } from '../src/testing/fixture.ts';
import { BANK, issuerUnderTest, START } from './support/issuer-under-test.ts';

const DAY = 24 * 3600 * 1000;

describe('the memory store', () => {
  it('has room for one account up to four fifths; others find the rest', async () => {
    const store = memoryOtpStore({ maxMobiles: 100 });
    expect(await sendMany(store, 80, { account: 'shop' })).toBe(80);
    await expect(send(store, newCustomer({ account: 'shop' }))).rejects.toMatchObject({ code: 'store_full' });
    expect(await sendMany(store, 10, { account: 'bank' })).toBe(10);
  });

  it('has room for one more account, however many have all that they can get', async () => {
    const store = memoryOtpStore({ maxMobiles: 1000 });
    for (const account of ['a', 'b', 'c', 'd']) expect(await sendMany(store, 1000, { account })).toBeGreaterThan(0);
    expect(await sendMany(store, 1, { account: 'e' })).toBe(1);
  });

  it('still sends to mobiles that an account has, though it may have no more', async () => {
    const store = memoryOtpStore({ maxMobiles: 10 });
    const customer = newCustomer({ account: 'shop' });
    await send(store, customer);
    await sendMany(store, 10, { account: 'shop' });
    expect(await send(store, customer)).toEqual({ outcome: 'reserved' });
  });

  it('counts a send for which there is no room for nothing', async () => {
    const store = memoryOtpStore({ maxMobiles: 10 });
    const customer = newCustomer({ account: 'shop' });
    const quotas = { ...NO_QUOTAS, account: { ...NO_QUOTAS.account, perDay: 9 }, budgetPerMonth: 9 };
    await send(store, customer, { quotas });
    expect(await sendMany(store, 20, { account: 'shop' }, { quotas })).toBe(7);
    const { mobile } = newCustomer();
    await expect(send(store, newCustomer({ account: 'shop', mobile }), { quotas })).rejects.toThrow('is full');
    expect(await send(store, newCustomer({ mobile }), { sendsPerMobileAndDay: 1 })).toEqual({ outcome: 'reserved' });
    expect(await send(store, customer, { quotas })).toEqual({ outcome: 'reserved' });
    expect(await send(store, customer, { quotas })).toEqual({ outcome: 'over-budget' });
  });

  it('has room again when what it held has ended', async () => {
    const store = memoryOtpStore({ maxMobiles: 100 });
    const customer = newCustomer({ account: 'shop', agent: 'shop' });
    await send(store, customer);
    await sendMany(store, 100, { account: 'shop' });
    // Written again, by a verb that is not told the account.
    await store.release(customer.subject, START);
    expect(await sendMany(store, 100, { account: 'shop' }, {}, START + DAY)).toBe(80);
  });

  it.each<[string, () => Partial<SendReservation>]>([
    ['references', () => ({ reference: { key: newKey(), body: 'one body' } })],
    ['agents', () => ({ agent: newKey() })],
  ])('is not filled for others by one account with many %s', async (_, next) => {
    const store = memoryOtpStore({ maxMobiles: 10 });
    const customer = newCustomer({ account: 'shop' });
    await send(store, customer);
    const outcomes: string[] = [];
    for (let sends = 0; sends < 100; sends += 1) {
      outcomes.push(await send(store, customer, next()).then(({ outcome }) => outcome, String));
    }
    expect(outcomes.at(-1)).toContain('is full');
    // What found no room counts for nothing.
    const reserved = outcomes.filter((outcome) => outcome === 'reserved').length;
    const quotas = { ...NO_QUOTAS, budgetPerMonth: reserved + 2 };
    const limits = { ...UNLIMITED, sendsPerDay: reserved + 2 };
    expect(await send(store, customer, { quotas, limits })).toEqual({ outcome: 'reserved' });
    expect(await send(store, customer, { quotas })).toEqual({ outcome: 'over-budget' });
    expect(await send(store, newCustomer({ account: 'bank' }), next())).toEqual({ outcome: 'reserved' });
  });

  it('answers 500 to the account that has filled its share, and goes on for another', async () => {
    const issuer = issuerUnderTest({ store: memoryOtpStore({ maxMobiles: 10 }), onFault: () => {} });
    for (let last = 0; last < 8; last += 1) expect((await issuer.send({ mobile: `900233676${last}` })).status).toBe(0);
    expect((await issuer.send({ mobile: '9002336769' })).message).toBe('Internal error.');
    expect((await issuer.send({ mobile: '9002336769' }, BANK)).status).toBe(0);
    expect((await issuer.verify({ mobile: '9002336769' }, BANK)).status).toBe(0);
  });
});

async function send(
  store: OtpStore,
  customer: Customer,
  rules: Partial<SendReservation> = {},
  now = START,
): ReturnType<OtpStore['reserveSend']> {
  return store.reserveSend(newSend(customer, rules), now);
}

/** Sends to so many new customers of an account. Returns how many found room. */
async function sendMany(
  store: OtpStore,
  times: number,
  { account }: { account: string },
  rules: Partial<SendReservation> = {},
  now = START,
): Promise<number> {
  let sent = 0;
  for (let sends = 0; sends < times; sends += 1) {
    // One agent: each takes a row, too.
    const customer = newCustomer({ account, agent: account });
    await send(store, customer, rules, now).then(
      () => (sent += 1),
      () => undefined,
    );
  }
  return sent;
}
