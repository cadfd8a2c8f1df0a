import { describe, expect, it } from 'vitest';
import { BANK, type IssuerUnderTest, MOBILE, SHOP, VERIFY_URL } from '../support/issuer-under-test.ts';
import { type Engine, setupsOf } from './engine.ts';

const MINE = { session_id: 'session-of-the-customer' };
const STRANGERS = { session_id: 'session-of-a-stranger' };

/** What a stranger who has codes sent to a customer's mobile can do to that customer. */
export function describeSessions(engine: Engine): void {
  const { unlimited } = setupsOf(engine);

  describe(`sessions (${engine.name})`, () => {
    it('keep the code of one session from being guessed at in another', async () => {
      const issuer = await unlimited();
      await issuer.send(MINE);
      for (let guesses = 0; guesses < 20; guesses += 1) await guess(issuer, guesses % 2 === 0 ? STRANGERS : {});
      expect(issuer.events.at(-1)).toMatchObject({ kind: 'attempt', outcome: 'refused', reason: 'other-session' });
      expect((await issuer.verify(STRANGERS)).status).toBe(1);
      expect((await issuer.verify(MINE)).status).toBe(0);
    });

    it('answer another session with the bytes of a wrong code', async () => {
      const issuer = await unlimited();
      await issuer.send(MINE);
      const body = { initiator_id: SHOP.initiatorId, otp: issuer.newestCode(), mobile: MOBILE, ...STRANGERS };
      const response = await issuer.request('PUT', VERIFY_URL, body);
      expect(await response.text()).toBe(await issuer.verifyText(issuer.wrongCode()));
    });

    it('make a stranger wait who guesses wrong, and not the customer', async () => {
      const issuer = await unlimited();
      for (const _ of [1, 2]) {
        await issuer.send(STRANGERS);
        for (let guesses = 0; guesses < 5; guesses += 1) await guess(issuer, STRANGERS);
      }
      expect((await issuer.send(STRANGERS)).message).toContain('Try again in 30 seconds.');
      expect((await issuer.verify(STRANGERS)).status).toBe(1);
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'failures' });
      await issuer.send(MINE);
      expect((await issuer.verify(MINE)).status).toBe(0);
    });

    it('share the 100 failures in a row after which only an operator releases the mobile', async () => {
      const issuer = await unlimited();
      for (let failures = 0; failures < 100; failures += 1) {
        const session = { session_id: `session-${Math.floor(failures / 5)}` };
        if (failures % 5 === 0) await issuer.send(session);
        await guess(issuer, session);
      }
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'wrong-code', stopped: true });
      expect((await issuer.send(MINE)).status).toBe(1);
      await issuer.nodes[0]?.release(SHOP.id, MOBILE);
      await issuer.send(MINE);
      expect((await issuer.verify(MINE)).status).toBe(0);
    });

    it('belong to what a client_ref_id stands for', async () => {
      const issuer = await unlimited();
      const first = await issuer.send({ client_ref_id: 'payout-1', ...MINE });
      expect(await issuer.send({ client_ref_id: 'payout-1', ...MINE })).toEqual(first);
      expect((await issuer.send({ client_ref_id: 'payout-1', ...STRANGERS })).message).toContain(
        'was used for another',
      );
      expect((await issuer.verify(MINE)).status).toBe(0);
    });

    it('of two mobiles or two accounts never meet, though they have one name', async () => {
      const issuer = await unlimited();
      for (const _ of [1, 2]) {
        await issuer.send(MINE);
        for (let guesses = 0; guesses < 5; guesses += 1) await guess(issuer, MINE);
      }
      expect((await issuer.send(MINE)).status).toBe(1);
      expect((await issuer.send({ ...MINE, mobile: '9002336769' })).status).toBe(0);
      expect((await issuer.verify({ ...MINE, mobile: '9002336769' })).status).toBe(0);
      expect((await issuer.send(MINE, BANK)).status).toBe(0);
      expect((await issuer.verify(MINE, BANK)).status).toBe(0);
    });
  });
}

async function guess(issuer: IssuerUnderTest, session: object): Promise<void> {
  await issuer.verify({ otp: issuer.wrongCode(), ...session });
}
