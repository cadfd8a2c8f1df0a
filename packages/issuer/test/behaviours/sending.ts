import { describe, expect, it } from 'vitest';
import type { IssuerAccount } from '@verified-mobile/issuer';
import {
  type Answer,
  BANK,
  type IssuerUnderTest,
  MOBILE,
  OTP_URL,
  sendBody,
  SHOP,
} from '../support/issuer-under-test.ts';
import { type Engine, setupsOf } from './engine.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** Behaviour 8: how often a code is sent. */
export function describeSendLimits(engine: Engine): void {
  const { setup } = setupsOf(engine);

  describe(`limits of sending (${engine.name})`, () => {
    it('pauses 30 s after the first send, 60 after the second, 120 after the third and every later one', async () => {
      const issuer = await setup();
      await issuer.send();
      for (const pause of [30, 60, 120, 120]) {
        issuer.clock.now += pause * SECOND - 1;
        expect(await refusal(issuer)).toEqual({ status: 1, retryAfter: '1' });
        issuer.clock.now += 1;
        expect((await issuer.send()).status).toBe(0);
      }
      expect(issuer.sms).toHaveLength(5);
    });

    it('says in the envelope that it was not sent, and in Retry-After when to try again', async () => {
      const issuer = await setup();
      await issuer.send();
      issuer.clock.now += 500;
      const response = await issuer.request('POST', OTP_URL, { ...sendBody(), client_ref_id: 'other' });
      expect([response.status, response.headers.get('retry-after')]).toEqual([200, '30']);
      expect(await response.text()).toBe(
        '{"status":1,"response_status_id":1,"response_type_id":1623,"message":' +
          '"OTP was not sent: too many requests for this mobile. Try again in 30 seconds.","data":{}}',
      );
    });

    it('sends 5 codes within any hour, and the sixth when the first is an hour old', async () => {
      const issuer = await setup();
      const startedAt = issuer.clock.now;
      await sendEvery(issuer, 5, 200 * SECOND);
      expect(await refusal(issuer)).toMatchObject({ retryAfter: '2600' });
      issuer.clock.now = startedAt + HOUR - 1;
      expect(await refusal(issuer)).toMatchObject({ retryAfter: '1' });
      issuer.clock.now = startedAt + HOUR;
      expect((await issuer.send()).status).toBe(0);
    });

    it('sends 10 codes within any 24 hours, and the eleventh when the first is a day old', async () => {
      const issuer = await setup();
      const startedAt = issuer.clock.now;
      await sendEvery(issuer, 10, HOUR);
      issuer.clock.now = startedAt + DAY - 1;
      expect(await refusal(issuer)).toMatchObject({ retryAfter: '1' });
      issuer.clock.now = startedAt + DAY;
      expect((await issuer.send()).status).toBe(0);
      expect(issuer.sms).toHaveLength(11);
    });

    it('sends 20 codes a day to one mobile over all accounts, half of them kept for those that sent less than two', async () => {
      const accounts = [...'abcdefg'].map(accountOf);
      const issuer = await setup({ accounts });
      await sendEvery(issuer, 10, 13 * 60 * SECOND, accounts[0]);
      for (const account of accounts.slice(1, 6)) {
        await sendEvery(issuer, 2, 120 * SECOND, account);
        expect((await issuer.send({}, account)).status).toBe(1);
        expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'refused', reason: 'mobile-day' });
      }
      expect((await issuer.send({}, accounts[6])).status).toBe(1);
      expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'refused', reason: 'mobile-day' });
      expect((await issuer.send({ mobile: '9002336769' }, accounts[6])).status).toBe(0);
      expect(issuer.sms).toHaveLength(21);
    });

    it('keeps none of them for others if there is one account', async () => {
      const issuer = await setup({ accounts: [{ ...SHOP, limits: { sendsPerDay: 20 } }] });
      await sendEvery(issuer, 20, 13 * 60 * SECOND);
      expect((await issuer.send()).status).toBe(1);
    });

    it('never lets one account use up the sends of another, whatever its own limits are', async () => {
      const greedy: IssuerAccount = {
        ...SHOP,
        limits: { cooldownSeconds: [0], sendsPerHour: 1000, sendsPerDay: 1000 },
      };
      const issuer = await setup({ accounts: [greedy, BANK] });
      for (let sends = 0; sends < 50; sends += 1) await issuer.send();
      expect(issuer.sms).toHaveLength(10);
      await sendEvery(issuer, 2, 60 * SECOND, BANK);
    });

    it("does not let one account's pause hold up another's", async () => {
      const issuer = await setup();
      expect([(await issuer.send()).status, (await issuer.send({}, BANK)).status]).toEqual([0, 0]);
    });

    it('counts every spelling of a mobile as that mobile', async () => {
      const issuer = await setup();
      const spellings = ['+91 90023 36768', '09002336768', '9002336768', '919002336768'];
      const answers: Answer[] = [];
      for (const mobile of spellings) answers.push(await issuer.send({ mobile }));
      expect(answers.map(({ status }) => status)).toEqual([0, 1, 1, 1]);
    });

    it('leaves the live code valid when it refuses a send', async () => {
      const issuer = await setup();
      await issuer.send();
      await issuer.send();
      expect(issuer.sms).toHaveLength(1);
      expect((await issuer.verify()).status).toBe(0);
    });

    it('lets one of 20 sends at once through', async () => {
      const issuer = await setup();
      const answers = await Promise.all(Array.from({ length: 20 }, async () => issuer.send()));
      expect(answers.filter(({ status }) => status === 0)).toHaveLength(1);
      expect(issuer.sms).toHaveLength(1);
      expect((await issuer.verify()).status).toBe(0);
    });

    it('gives each account its own limits', async () => {
      const patient: IssuerAccount = { ...SHOP, limits: { cooldownSeconds: [0], sendsPerHour: 2 } };
      const issuer = await setup({ accounts: [patient, BANK] });
      const shop = [await issuer.send(), await issuer.send(), await issuer.send()];
      const bank = [await issuer.send({}, BANK), await issuer.send({}, BANK)];
      expect([...shop, ...bank].map(({ status }) => status)).toEqual([0, 0, 1, 0, 1]);
    });

    it('slows a prefix that sends much and verifies little, and no other one', async () => {
      const issuer = await setup({ conversionGuard: { minimumSends: 10, minimumShare: 0.5, secondsBetweenSends: 60 } });
      for (let last = 10; last < 20; last += 1) await issuer.send({ mobile: `90010000${last}` });
      // Those codes are still under way: they say nothing yet.
      const sooner = [await issuer.send({ mobile: '9001000040' }), await issuer.send({ mobile: '9001000041' })];
      expect(sooner.map(({ status }) => status)).toEqual([0, 0]);
      issuer.clock.now += 300 * SECOND;
      expect((await issuer.send({ mobile: '9001000050' })).status).toBe(0);
      issuer.clock.now += 59_999;
      expect((await issuer.send({ mobile: '9001000051' })).status).toBe(1);
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'conversion', prefix: '9001', slowed: true });
      expect((await issuer.send({ mobile: '9005000051' })).status).toBe(0);
      expect((await issuer.send({ mobile: '9001000051' }, BANK)).status).toBe(0);
      issuer.clock.now += 1;
      expect((await issuer.send({ mobile: '9001000051' })).status).toBe(0);
    });

    it('does not slow a prefix whose codes are verified, nor one whose codes are still under way', async () => {
      const issuer = await setup({ conversionGuard: { minimumSends: 10, minimumShare: 0.5, secondsBetweenSends: 60 } });
      const statuses: number[] = [];
      for (let last = 10; last < 30; last += 1) {
        const mobile = `90010000${last}`;
        statuses.push((await issuer.send({ mobile })).status);
        if (last % 2 === 0) statuses.push((await issuer.verify({ mobile })).status);
      }
      expect(statuses).toEqual(statuses.map(() => 0));
      issuer.clock.now += 300 * SECOND;
      for (const mobile of ['9001000050', '9001000051']) expect((await issuer.send({ mobile })).status).toBe(0);
    });
  });
}

/** Behaviour 8: one code is live, and a reference makes a send idempotent. */
export function describeSends(engine: Engine): void {
  const { setup, unlimited } = setupsOf(engine);

  describe(`sending (${engine.name})`, () => {
    it('kills the code before with a new one', async () => {
      const issuer = await unlimited();
      await issuer.send();
      const first = issuer.newestCode();
      do await issuer.send();
      while (issuer.newestCode() === first);
      expect((await issuer.verify({ otp: first })).message).toBe('OTP verification failed.');
      expect((await issuer.verify()).status).toBe(0);
    });

    it('keeps the code of the later send live, though the earlier SMS took longer', async () => {
      let release = (): void => {};
      const slow = new Promise<void>((resolve) => (release = resolve));
      const codes: string[] = [];
      const issuer = await unlimited({
        sendSms: async ({ text }) => {
          codes.push(text.slice(0, 6));
          if (codes.length === 1) await slow;
          return { outcome: 'accepted' };
        },
      });
      const first = issuer.send();
      while (codes.length === 0) await new Promise(setImmediate);
      await issuer.send();
      release();
      await first;
      expect((await issuer.verify({ otp: codes[1] })).status).toBe(0);
    });

    it('keeps the code of a slow send alive, though a later send is refused meanwhile', async () => {
      let release = (): void => {};
      const slow = new Promise<void>((resolve) => (release = resolve));
      const codes: string[] = [];
      const issuer = await unlimited({
        sendSms: async ({ text }) => {
          codes.push(text.slice(0, 6));
          if (codes.length > 1) throw new Error('provider is down');
          await slow;
          return { outcome: 'accepted' };
        },
        onFault: () => {},
      });
      const first = issuer.send();
      while (codes.length === 0) await new Promise(setImmediate);
      expect((await issuer.send()).status).toBe(1);
      release();
      await first;
      expect((await issuer.verify({ otp: codes[0] })).status).toBe(0);
    });

    it('calls the provider once in a pause, though it refuses, and leaves the code before valid', async () => {
      let isDown = false;
      let calls = 0;
      const texts: string[] = [];
      const issuer = await setup({
        sendSms: async ({ text }) => {
          calls += 1;
          if (isDown) throw new Error('provider is down');
          texts.push(text);
          return { outcome: 'accepted' };
        },
        onFault: () => {},
      });
      await issuer.send();
      issuer.clock.now += 30 * SECOND;
      isDown = true;
      expect((await issuer.send({ client_ref_id: 'again' })).message).toBe('OTP could not be sent. Please try again.');
      for (let repeats = 0; repeats < 100; repeats += 1) {
        expect(await refusal(issuer)).toEqual({ status: 1, retryAfter: '60' });
      }
      expect(calls).toBe(2);
      expect((await issuer.verify({ otp: texts[0]?.slice(0, 6) })).status).toBe(0);
      isDown = false;
      issuer.clock.now += 60 * SECOND;
      expect((await issuer.send({ client_ref_id: 'again' })).status).toBe(0);
    });

    it('answers the same request under the same client_ref_id with the same tid, and one SMS, for 24 hours', async () => {
      const issuer = await setup();
      const first = await issuer.send({ client_ref_id: 'payout-1' });
      issuer.clock.now += DAY - 1;
      expect(await issuer.send({ client_ref_id: 'payout-1', mobile: '+919002336768' })).toEqual(first);
      expect(issuer.sms).toHaveLength(1);
      issuer.clock.now += 1;
      expect((await issuer.send({ client_ref_id: 'payout-1' })).data?.['tid']).not.toBe(first.data?.['tid']);
      expect(issuer.sms).toHaveLength(2);
    });

    it('sends one SMS for 20 requests at once under one client_ref_id, and answers them all alike', async () => {
      const issuer = await setup();
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => issuer.send({ client_ref_id: 'payout-1' })),
      );
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(answers[0]?.status).toBe(0);
      expect(issuer.sms).toHaveLength(1);
    });

    it.each<[string, object]>([
      ['mobile', { mobile: '9002336769' }],
      ['csp_id', { csp_id: '9002336769' }],
      ['transaction', { transaction: { amount: 1, payee: 'x' } }],
    ])('refuses a client_ref_id that stood for another %s', async (_, changes) => {
      const issuer = await setup();
      await issuer.send({ client_ref_id: 'payout-1' });
      const answer = await issuer.send({ client_ref_id: 'payout-1', ...changes });
      expect(answer).toMatchObject({
        status: 1,
        message: 'client_ref_id was used for another request within the last 24 hours.',
      });
      expect(issuer.sms).toHaveLength(1);
    });

    it('keeps the references of two accounts apart', async () => {
      const issuer = await setup();
      const reference = { client_ref_id: 'payout-1' };
      const answers = [await issuer.send(reference), await issuer.send(reference, BANK)];
      expect(new Set(answers.map((answer) => answer.data?.['tid'])).size).toBe(2);
    });

    it('gives a reference free a minute after the node that used it was killed', async () => {
      const handed: string[] = [];
      const issuer = await setup({
        sendSms: async ({ to }) => {
          handed.push(to);
          if (handed.length === 1) await new Promise(() => {});
          return { outcome: 'accepted' };
        },
      });
      void issuer.send({ client_ref_id: 'payout-1' });
      while (handed.length === 0) await new Promise(setImmediate);
      issuer.clock.now += 60 * SECOND;
      expect((await issuer.send({ client_ref_id: 'payout-1' })).status).toBe(0);
      expect(handed).toHaveLength(2);
    });
  });
}

async function sendEvery(issuer: IssuerUnderTest, times: number, pauseMs: number, account = SHOP): Promise<void> {
  for (let sends = 0; sends < times; sends += 1) {
    expect((await issuer.send({}, account)).status).toBe(0);
    issuer.clock.now += pauseMs;
  }
}

async function refusal(issuer: IssuerUnderTest): Promise<{ status: number; retryAfter: string | null }> {
  const body = { ...sendBody(), mobile: MOBILE, client_ref_id: undefined };
  const response = await issuer.request('POST', OTP_URL, body);
  const { status } = (await response.json()) as Answer;
  return { status, retryAfter: response.headers.get('retry-after') };
}

function accountOf(name: string): IssuerAccount {
  return { ...SHOP, id: name, developerKey: `developer-key-${name}` };
}
