import { describe, expect, it } from 'vitest';
import type { OtpStore } from '@verified-mobile/issuer';
import { BANK, type IssuerUnderTest, issuerUnderTest, SHOP, START } from '../support/issuer-under-test.ts';
import { type Engine, setupsOf } from './engine.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const REFUSAL =
  '{"status":1,"response_status_id":1,"response_type_id":1632,"message":"OTP verification failed.","data":{}}';

/** Behaviours 2, 4, 6 and 7: what one code is exchanged for. */
export function describeVerification(engine: Engine): void {
  const { setup, unlimited } = setupsOf(engine);

  describe(`verifying (${engine.name})`, () => {
    it('accepts a code aged 299.999 s', async () => {
      const issuer = await setup();
      await issuer.send();
      issuer.clock.now = START + 299_999;
      expect((await issuer.verify()).status).toBe(0);
    });

    it('refuses a code aged 300 s', async () => {
      const issuer = await setup();
      await issuer.send();
      issuer.clock.now = START + 300_000;
      expect((await issuer.verify()).status).toBe(1);
    });

    it('accepts the right code at the fifth attempt', async () => {
      const issuer = await setup();
      await issuer.send();
      await guessWrong(issuer, 4);
      expect((await issuer.verify()).status).toBe(0);
    });

    it('refuses the right code at the sixth attempt', async () => {
      const issuer = await setup();
      await issuer.send();
      await guessWrong(issuer, 5);
      expect((await issuer.verify()).status).toBe(1);
    });

    it('counts exactly 5 of 50 parallel wrong guesses, and then refuses even the right code', async () => {
      const issuer = await setup();
      await issuer.send();
      await Promise.all(Array.from({ length: 50 }, async () => issuer.verify({ otp: issuer.wrongCode() })));
      const reasons = issuer.events.filter(({ kind }) => kind === 'attempt').map(({ reason }) => reason);
      expect(reasons.filter((reason) => reason === 'wrong-code')).toHaveLength(5);
      expect(reasons.filter((reason) => reason === 'attempts-used')).toHaveLength(45);
      expect((await issuer.verify()).status).toBe(1);
    });

    it('makes one token from 50 parallel right answers', async () => {
      const issuer = await setup();
      await issuer.send();
      const answers = await Promise.all(Array.from({ length: 50 }, async () => issuer.verify()));
      const tokens = answers.filter(({ status }) => status === 0).map(({ data }) => data?.['otp_verification_token']);
      expect(tokens.length).toBeGreaterThan(0);
      expect(new Set(tokens).size).toBe(1);
      expect(issuer.events.filter(({ kind }) => kind === 'token')).toHaveLength(1);
    });

    it('answers the same right code with the same token for 10 s, however often', async () => {
      const issuer = await setup();
      await issuer.send();
      const token = (await issuer.verify()).data?.['otp_verification_token'];
      for (let repeats = 0; repeats < 7; repeats += 1) {
        expect((await issuer.verify()).data?.['otp_verification_token']).toBe(token);
      }
      issuer.clock.now += 9_999;
      expect((await issuer.verify()).data?.['otp_verification_token']).toBe(token);
      issuer.clock.now += 1;
      expect((await issuer.verify()).status).toBe(1);
    });

    it('gives that token to no wrong code, and to no other account', async () => {
      const issuer = await setup();
      await issuer.send();
      await issuer.verify();
      const answers = [await issuer.verify({ otp: issuer.wrongCode() }), await issuer.verify({}, BANK)];
      expect(answers.map(({ status }) => status)).toEqual([1, 1]);
    });

    it('lets a used code be guessed at no more than an unused one', async () => {
      const issuer = await setup();
      await issuer.send();
      await guessWrong(issuer, 2);
      await issuer.verify();
      await guessWrong(issuer, 3);
      expect((await issuer.verify()).status).toBe(1);
    });

    it('answers wrong, expired, used, never sent, dead, waiting and foreign codes with the same bytes', async () => {
      const issuer = await unlimited();
      const answers: string[] = [];
      const guess = async (otp: string, mobile?: string): Promise<void> =>
        void answers.push(await issuer.verifyText(otp, mobile));

      await guess('123456');
      await issuer.send();
      await guess(issuer.wrongCode());
      await guess(issuer.newestCode(), '9002336769');
      await issuer.verify();
      issuer.clock.now += 10_000;
      await guess(issuer.newestCode());
      await issuer.send();
      issuer.clock.now += 300_000;
      await guess(issuer.newestCode());
      await issuer.send();
      await guessWrong(issuer, 5);
      await guess(issuer.newestCode());
      await issuer.send();
      await guessWrong(issuer, 5);
      await issuer.send();
      await guess(issuer.newestCode());

      expect(answers).toEqual(answers.map(() => REFUSAL));
      const reasons = issuer.events.filter(({ kind }) => kind === 'attempt').map(({ reason }) => reason);
      expect(new Set(reasons)).toEqual(
        new Set(['never-sent', 'wrong-code', undefined, 'used', 'expired', 'attempts-used', 'failures']),
      );
    });

    it('gives no token for a code that a newer send replaced while it was compared', async () => {
      const [store] = await engine.openStores(1);
      const resending: OtpStore = {
        ...store!,
        consume: async (consumption, now) => {
          await issuer.send();
          return store!.consume(consumption, now);
        },
      };
      const issuer = issuerUnderTest({}, [resending]);
      await issuer.send();
      expect((await issuer.verify()).status).toBe(1);
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'lost-race' });
    });

    it("leaves another account's code for the same mobile alone", async () => {
      const issuer = await setup();
      await issuer.send();
      const shopCode = issuer.newestCode();
      await issuer.send({}, BANK);
      expect((await issuer.verify({ otp: shopCode })).status).toBe(0);
      expect((await issuer.verify({}, BANK)).status).toBe(0);
    });

    it('verifies a code under the pepper before, while both are live, and refuses it afterwards', async () => {
      const [older, newer] = ['older', 'newer'].map((text) => Buffer.alloc(32, text)) as [Buffer, Buffer];
      const issuer = await unlimited({ peppers: [older] });
      const rotate = (...peppers: Buffer[]): void => issuer.nodes.forEach((node) => node.reload({ peppers }));
      await issuer.send();
      rotate(newer, older);
      expect((await issuer.verify()).status).toBe(0);
      await issuer.send();
      rotate(newer);
      expect((await issuer.verify()).status).toBe(0);
      rotate(older);
      await issuer.send();
      rotate(newer);
      expect((await issuer.verify()).status).toBe(1);
    });

    it('verifies each code on every node while these take a new pepper, one after the other', async () => {
      const [older, newer] = ['older', 'newer'].map((text) => Buffer.alloc(32, text)) as [Buffer, Buffer];
      const issuer = await unlimited({ peppers: [older] });
      const usedFrom = issuer.clock.now + 10 * MINUTE;
      const rotation = [
        { secret: older, retiresAt: usedFrom + 10 * MINUTE },
        { secret: newer, usedFrom },
      ];
      const flow = async (): Promise<number[]> => {
        const statuses = [];
        for (const _ of issuer.nodes) {
          await issuer.send();
          statuses.push((await issuer.verify()).status);
        }
        return statuses;
      };
      const allRight = issuer.nodes.map(() => 0);
      for (const node of issuer.nodes) {
        node.reload({ peppers: rotation });
        expect(await flow()).toEqual(allRight);
      }
      issuer.clock.now = usedFrom - 1;
      await issuer.send();
      issuer.clock.now += 1;
      expect((await issuer.verify()).status).toBe(0);
      for (const node of issuer.nodes) {
        node.reload({ peppers: [newer] });
        expect(await flow()).toEqual(allRight);
      }
    });

    it('counts what is billed and what is free, by day in India', async () => {
      const issuer = await unlimited();
      await issuer.send();
      await issuer.verify();
      await issuer.send();
      await issuer.send({}, BANK);
      issuer.clock.now = Date.parse('2026-05-22T18:30:00Z');
      await issuer.send({ client_ref_id: 'payout-9' });
      await issuer.send({ client_ref_id: 'payout-9' });
      const url = `https://otp.test/ekoapi/v3/usage?initiator_id=${SHOP.initiatorId}&days=3`;
      const { data } = (await (await issuer.request('GET', url)).json()) as { data: object };
      expect(data).toEqual({
        initiator_id: SHOP.initiatorId,
        sent: 3,
        verified: 1,
        days: [
          { day: '2026-05-21', sent: 0, verified: 0 },
          { day: '2026-05-22', sent: 2, verified: 1 },
          { day: '2026-05-23', sent: 1, verified: 0 },
        ],
      });
    });
  });
}

/** Behaviour 5: failures survive a resend. */
export function describeFailures(engine: Engine): void {
  const { unlimited } = setupsOf(engine);

  describe(`failures (${engine.name})`, () => {
    it('makes everybody wait 30 s after 10 failures in an hour, though the code is new and right', async () => {
      const issuer = await unlimited();
      await fail(issuer, 10);
      issuer.clock.now += 30 * SECOND - 1;
      expect(await reasonOf(issuer)).toBe('failures');
      issuer.clock.now += 1;
      await issuer.send();
      expect((await issuer.verify()).status).toBe(0);
    });

    it('does not after 9', async () => {
      const issuer = await unlimited();
      await fail(issuer, 9);
      await issuer.send();
      expect((await issuer.verify()).status).toBe(0);
    });

    it('does not after 10 of which the first is an hour old', async () => {
      const issuer = await unlimited();
      await fail(issuer, 1);
      issuer.clock.now += 60 * MINUTE;
      await fail(issuer, 9);
      await issuer.send();
      expect((await issuer.verify()).status).toBe(0);
    });

    it('doubles the wait with each failure that follows, up to an hour', async () => {
      const issuer = await unlimited();
      await fail(issuer, 10);
      for (const seconds of [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]) {
        issuer.clock.now += seconds * SECOND - 1;
        expect(await reasonOf(issuer)).toBe('failures');
        issuer.clock.now += 1;
        await fail(issuer, 1);
      }
    });

    it('refuses to send a code that could not be verified yet', async () => {
      const issuer = await unlimited();
      await fail(issuer, 10);
      expect((await issuer.send()).message).toBe(
        'OTP was not sent: too many requests for this mobile. Try again in 30 seconds.',
      );
    });

    it('forgets the failures after a success', async () => {
      const issuer = await unlimited();
      await fail(issuer, 9);
      await issuer.send();
      expect((await issuer.verify()).status).toBe(0);
      await fail(issuer, 9);
      await issuer.send();
      expect((await issuer.verify()).status).toBe(0);
    });

    it("never lets one account's failures hold up another's", async () => {
      const issuer = await unlimited();
      await fail(issuer, 10);
      await issuer.send({}, BANK);
      expect((await issuer.verify({}, BANK)).status).toBe(0);
    });

    it('stops after 100 failures in a row, until an operator releases the mobile', async () => {
      const issuer = await unlimited();
      for (let failures = 0; failures < 100;) {
        failures += await fail(issuer, Math.min(9, 100 - failures));
        issuer.clock.now += 2 * 60 * MINUTE;
      }
      issuer.clock.now += 20 * 24 * 60 * MINUTE;
      expect((await issuer.send()).status).toBe(1);
      expect(await reasonOf(issuer)).toBe('stopped');
      await issuer.nodes[0]?.release(SHOP.id, '+91 90023 36768');
      await issuer.send();
      expect((await issuer.verify()).status).toBe(0);
    });
  });
}

async function guessWrong(issuer: IssuerUnderTest, times: number): Promise<void> {
  for (let guesses = 0; guesses < times; guesses += 1) await issuer.verify({ otp: issuer.wrongCode() });
}

/** Makes that many failures, with as many codes as it takes. */
async function fail(issuer: IssuerUnderTest, times: number): Promise<number> {
  for (let failures = 0; failures < times; failures += 1) {
    if (failures % 5 === 0) await issuer.send();
    await issuer.verify({ otp: issuer.wrongCode() });
    const failed = issuer.events.at(-1)?.reason;
    if (failed === 'failures' || failed === 'stopped') return failures;
  }
  return times;
}

/** Why the newest code is refused. */
async function reasonOf(issuer: IssuerUnderTest): Promise<string | undefined> {
  expect((await issuer.verify()).status).toBe(1);
  return issuer.events.at(-1)?.reason;
}
