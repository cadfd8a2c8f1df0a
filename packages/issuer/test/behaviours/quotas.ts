import { describe, expect, it } from 'vitest';
import type { IssuerAccount } from '@verified-mobile/issuer';
import { BANK, type IssuerUnderTest, OTP_URL, sendBody, SHOP } from '../support/issuer-under-test.ts';
import { type Engine, setupsOf } from './engine.ts';

const MINUTE = 60_000;
const OTHER_AGENT = { csp_id: '9002336700' };

/** How much an account may send over all its mobiles, and each of its agents. */
export function describeQuotas(engine: Engine): void {
  const { setup } = setupsOf(engine);

  describe(`quotas (${engine.name})`, () => {
    it('sends 60 codes of an account within any minute; the 61st waits, and other accounts do not', async () => {
      const issuer = await setup({ quotas: { account: { perMinute: 60 }, agent: { perMinute: 60 } } });
      expect(await sendMany(issuer, 60)).toBe(60);
      const response = await issuer.request('POST', OTP_URL, { ...sendBody(), client_ref_id: 'a', ...mobileOf(60) });
      // The clock began 4.25 s into a twelfth of the minute.
      expect(response.headers.get('retry-after')).toBe('61');
      expect(await response.text()).toBe(
        '{"status":1,"response_status_id":1,"response_type_id":1623,"message":' +
          '"OTP was not sent: too many requests for this account. Try again in 61 seconds.","data":{}}',
      );
      expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'refused', reason: 'account-minute' });
      expect((await issuer.send(mobileOf(60), BANK)).status).toBe(0);
      issuer.clock.now += 60_749;
      expect((await issuer.send(mobileOf(60))).status).toBe(1);
      issuer.clock.now += 1;
      expect((await issuer.send(mobileOf(60))).status).toBe(0);
    });

    it('leaves half of an account to its other agents', async () => {
      const issuer = await setup({ quotas: { account: { perMinute: 20 } } });
      expect(await sendMany(issuer, 20)).toBe(10);
      expect((await issuer.send(mobileOf(30))).message).toMatch(
        /^OTP was not sent: too many requests for this csp_id\./,
      );
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'agent-minute' });
      expect(await sendMany(issuer, 10, { from: 40, more: OTHER_AGENT })).toBe(10);
    });

    it('counts in any hour and any 24 hours, too', async () => {
      const quotas = { account: { perHour: 3, perDay: 4 }, agent: { perHour: 3, perDay: 4 } };
      const issuer = await setup({ quotas });
      expect(await sendMany(issuer, 4)).toBe(3);
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'account-hour' });
      issuer.clock.now += 65 * MINUTE;
      expect(await sendMany(issuer, 2, { from: 10 })).toBe(1);
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'account-day' });
      issuer.clock.now += 26 * 60 * MINUTE;
      expect(await sendMany(issuer, 1, { from: 20 })).toBe(1);
    });

    it('gives each account its own quotas', async () => {
      const small: IssuerAccount = { ...SHOP, quotas: { account: { perMinute: 2 }, agent: { perMinute: 2 } } };
      const issuer = await setup({ accounts: [small, BANK] });
      expect(await sendMany(issuer, 4)).toBe(2);
      expect(await sendMany(issuer, 4, { account: BANK })).toBe(4);
    });

    it('answers 347 when the budget of the month is used up, until the next month begins in India', async () => {
      const issuer = await setup({ accounts: [{ ...SHOP, quotas: { budgetPerMonth: 2 } }, BANK] });
      issuer.clock.now = Date.parse('2026-05-31T18:29:59.999Z');
      expect(await sendMany(issuer, 2)).toBe(2);
      const response = await issuer.request('POST', OTP_URL, { ...sendBody(), client_ref_id: 'a', ...mobileOf(2) });
      expect([response.status, response.headers.get('retry-after')]).toEqual([200, null]);
      expect(await response.text()).toBe(
        '{"status":347,"response_status_id":347,"response_type_id":1623,' +
          '"message":"OTP was not sent: insufficient balance.","data":{}}',
      );
      expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'refused', reason: 'over-budget' });
      expect((await issuer.send({}, BANK)).status).toBe(0);
      issuer.clock.now += 1;
      expect((await issuer.send(mobileOf(2))).status).toBe(0);
    });

    it('takes another budget as soon as the accounts are reloaded, and knows what was sent', async () => {
      const accountWith = (budgetPerMonth: number): IssuerAccount => ({ ...SHOP, quotas: { budgetPerMonth } });
      const issuer = await setup({ accounts: [accountWith(1)] });
      expect(await sendMany(issuer, 2)).toBe(1);
      issuer.nodes.forEach((node) => node.reload({ accounts: [accountWith(2)] }));
      expect(await sendMany(issuer, 2, { from: 10 })).toBe(1);
    });

    it('slows an account that verifies little, spread over however many prefixes, and no other account', async () => {
      const issuer = await setup({
        accountConversionGuard: { minimumSends: 10, minimumShare: 0.5, secondsBetweenSends: 60 },
      });
      expect(await sendMany(issuer, 10)).toBe(10);
      issuer.clock.now += 5 * MINUTE;
      expect(await sendMany(issuer, 2, { from: 10 })).toBe(1);
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'account-conversion', slowed: true });
      expect((await issuer.send(mobileOf(30))).message).toContain(
        'too many requests for this account. Try again in 60',
      );
      expect(await sendMany(issuer, 2, { from: 10, account: BANK })).toBe(2);
      issuer.clock.now += MINUTE;
      expect(await sendMany(issuer, 2, { from: 20 })).toBe(1);
    });

    it('uses no budget for an SMS that the provider refuses', async () => {
      let isDown = true;
      const issuer = await setup({
        quotas: { budgetPerMonth: 1 },
        sendSms: async () => (isDown ? Promise.reject(new Error('provider is down')) : { outcome: 'accepted' }),
        onFault: () => {},
      });
      expect(await sendMany(issuer, 3)).toBe(0);
      isDown = false;
      expect(await sendMany(issuer, 3, { from: 10 })).toBe(1);
    });
  });
}

/** Sends to one mobile after the other. Returns how many were sent. */
async function sendMany(
  issuer: IssuerUnderTest,
  times: number,
  { from = 0, account = SHOP, more = {} }: { from?: number; account?: IssuerAccount; more?: object } = {},
): Promise<number> {
  let sent = 0;
  for (let mobile = from; mobile < from + times; mobile += 1) {
    if ((await issuer.send({ ...mobileOf(mobile), ...more }, account)).status === 0) sent += 1;
  }
  return sent;
}

function mobileOf(index: number): { mobile: string } {
  return { mobile: String(9_100_000_000 + index * 1_000_000) };
}
