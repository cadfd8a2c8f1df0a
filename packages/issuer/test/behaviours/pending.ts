import { describe, expect, it } from 'vitest';
import type { SmsResult } from '@verified-mobile/issuer';
import type { Answer, IssuerUnderTest } from '../support/issuer-under-test.ts';
import { type Engine, setupsOf } from './engine.ts';

/** A send whose provider has the SMS and has not answered yet. */
interface SlowSend {
  readonly otp: string;
  readonly answer: Promise<Answer>;
  readonly accept: () => void;
  readonly refuse: () => void;
}

/** The SMS may be with the customer before the provider has answered. */
export function describePendingCodes(engine: Engine): void {
  const { unlimited } = setupsOf(engine);

  /** An issuer with a slow provider. */
  async function setup(): Promise<{ issuer: IssuerUnderTest; begin: (body?: object) => Promise<SlowSend> }> {
    const handed: Pick<SlowSend, 'otp' | 'accept' | 'refuse'>[] = [];
    const issuer = await unlimited({
      sendSms: async ({ text }) =>
        new Promise<SmsResult>((resolve, reject) => {
          const accept = (): void => resolve({ outcome: 'accepted' });
          handed.push({ otp: text.slice(0, 6), accept, refuse: () => reject(new Error('no such mobile')) });
        }),
      smsTimeoutMs: 30_000,
      onFault: () => {},
    });
    const begin = async (body: object = {}): Promise<SlowSend> => {
      const before = handed.length;
      const answer = issuer.send(body);
      while (handed.length === before) await new Promise(setImmediate);
      return { ...handed[before]!, answer };
    };
    return { issuer, begin };
  }

  describe(`a code whose SMS is being handed over (${engine.name})`, () => {
    it('is right at once, and the send is answered as any other when the provider answers', async () => {
      const { issuer, begin } = await setup();
      const { otp, answer, accept } = await begin({ client_ref_id: 'payout-1' });
      const verified = await issuer.verify({ otp });
      expect([verified.status, verified.data?.['client_ref_id']]).toEqual([0, 'payout-1']);
      accept();
      expect((await answer).message).toBe('OTP has been sent');
      expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'accepted', reason: 'verified' });
    });

    it('makes one token, before and after the provider answers', async () => {
      const { issuer, begin } = await setup();
      const { otp, answer, accept } = await begin();
      const answers = await Promise.all(Array.from({ length: 20 }, async () => issuer.verify({ otp })));
      accept();
      await answer;
      const last = await issuer.verify({ otp });
      const tokens = [...answers.filter(({ status }) => status === 0), last].map(
        ({ data }) => data?.['otp_verification_token'],
      );
      expect(tokens.length).toBeGreaterThan(1);
      expect(new Set(tokens).size).toBe(1);
      issuer.clock.now += 10_000;
      expect((await issuer.verify({ otp })).status).toBe(1);
      expect(issuer.events.filter(({ kind }) => kind === 'token')).toHaveLength(1);
    });

    it('bears five wrong guesses, before and after the provider answers together', async () => {
      const { issuer, begin } = await setup();
      const { otp, answer, accept } = await begin();
      const wrong = otp === '000000' ? '000001' : '000000';
      const guess = async (): Promise<unknown> => issuer.verify({ otp: wrong });
      await Promise.all(Array.from({ length: 3 }, guess));
      accept();
      await answer;
      await Promise.all(Array.from({ length: 47 }, guess));
      const reasons = issuer.events.filter(({ kind }) => kind === 'attempt').map(({ reason }) => reason);
      expect(reasons.filter((reason) => reason === 'wrong-code')).toHaveLength(5);
      expect((await issuer.verify({ otp })).status).toBe(1);
    });

    it('is right beside the code before, which dies with its use', async () => {
      const { issuer, begin } = await setup();
      const first = await begin();
      first.accept();
      await first.answer;
      const second = await begin();
      // Two codes are alike once in a million runs.
      expect((await issuer.verify({ otp: second.otp })).status).toBe(0);
      expect((await issuer.verify({ otp: first.otp })).status).toBe(1);
      second.accept();
      await second.answer;
    });

    it('leaves the code before right, whose use does not end it', async () => {
      const { issuer, begin } = await setup();
      const first = await begin({ client_ref_id: 'payout-1' });
      first.accept();
      await first.answer;
      const second = await begin({ client_ref_id: 'payout-2' });
      for (const [otp, reference] of [
        [first.otp, 'payout-1'],
        [second.otp, 'payout-2'],
      ] as const) {
        const verified = await issuer.verify({ otp });
        expect([verified.status, verified.data?.['client_ref_id']]).toEqual([0, reference]);
      }
      second.accept();
      await second.answer;
    });

    it('is wrong once the provider has refused it, and leaves the code before as it was', async () => {
      const { issuer, begin } = await setup();
      const [slow, refused] = [await begin(), await begin()];
      refused.refuse();
      expect((await refused.answer).status).toBe(1);
      expect((await issuer.verify({ otp: refused.otp })).status).toBe(1);
      expect((await issuer.verify({ otp: slow.otp })).status).toBe(0);
      slow.accept();
      expect((await slow.answer).status).toBe(0);
    });

    it('stays used, though the provider refuses the SMS that it has delivered', async () => {
      const { issuer, begin } = await setup();
      const { otp, answer, refuse } = await begin();
      expect((await issuer.verify({ otp })).status).toBe(0);
      refuse();
      expect((await answer).status).toBe(1);
      issuer.clock.now += 10_000;
      expect((await issuer.verify({ otp })).status).toBe(1);
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'used' });
    });

    it('is right in its own session alone', async () => {
      const { issuer, begin } = await setup();
      const { otp, answer, accept } = await begin({ session_id: 'mine' });
      expect((await issuer.verify({ otp, session_id: 'a-strangers' })).status).toBe(1);
      expect((await issuer.verify({ otp, session_id: 'mine' })).status).toBe(0);
      accept();
      await answer;
    });

    it('is right until it expires, though its node is killed', async () => {
      const { issuer, begin } = await setup();
      const [killed, lost] = [await begin(), await begin({ mobile: '9002336769' })];
      issuer.clock.now += 299_999;
      expect((await issuer.verify({ otp: killed.otp })).status).toBe(0);
      issuer.clock.now += 1;
      expect((await issuer.verify({ otp: lost.otp, mobile: '9002336769' })).status).toBe(1);
      for (const { accept } of [killed, lost]) accept();
      await Promise.all([killed.answer, lost.answer]);
    });
  });
}
