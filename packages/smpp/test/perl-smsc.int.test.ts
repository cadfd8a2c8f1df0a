/** Refusals as Net::SMPP writes them, and a thousand messages over an SMSC that is killed again and again. */
import { hasPerlSmsc, type PerlFaults, type PerlSmsc, startPerlSmsc } from '@verified-mobile/test-support/perl-smsc';
import type { SmsResult } from '@verified-mobile/issuer';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SmppRoute } from '../src/index.ts';
import { routeTo, send, sms } from './stage.ts';

describe.runIf(hasPerlSmsc)("Perl's Net::SMPP", () => {
  const started = async (faults: PerlFaults): Promise<PerlSmsc> => {
    const smsc = await startPerlSmsc(faults);
    onTestFinished(async () => smsc.stop());
    return smsc;
  };

  it('refuses the bind, and the route says so, sends nothing, and is bound when it may', async () => {
    const smsc = await started({ bindStatus: 0x0d });
    const { route, faults } = routeTo(`smpp://127.0.0.1:${smsc.port}`);
    await expect(route.ready()).rejects.toThrow('ESME_RBINDFAIL');
    await expect.poll(() => faults.map(({ kind }) => kind)).toContain('bind-refused');
    expect(await send(route)).toMatchObject({ outcome: 'refused', reason: 'unavailable' });
    expect(smsc.submits()).toEqual([]);
    await smsc.kill();
    await smsc.start();
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
  });

  it('throttles every third, which is sent again after a pause, and nothing else is', async () => {
    const smsc = await started({ throttleEach: 3 });
    const { route } = routeTo(`smpp://127.0.0.1:${smsc.port}`, { throttlePauseMs: 10, longestThrottlePauseMs: 10 });
    for (let number = 1; number <= 6; number += 1)
      expect(await sendUntilTaken(route, `${number}`)).toMatchObject({ outcome: 'accepted' });
    expect(textsOf(smsc)).toEqual(['1', '2', '3', '3', '4', '5', '5', '6']);
  });

  it('killed five times under a thousand messages loses none that it answered, and gets none twice', async () => {
    const smsc = await started({ killedAt: 150 });
    const { route, faults } = routeTo(`smpp://127.0.0.1:${smsc.port}`, { window: WINDOW });
    const texts = Array.from({ length: 1_000 }, (_, index) => `${100_000 + index} is the OTP.`);
    const outcomes = new Map<string, SmsResult['outcome']>();
    const delivered = Promise.all(
      texts.map(async (text) => outcomes.set(text, (await sendUntilTaken(route, text)).outcome)),
    );
    for (let kills = 1; kills <= KILLS; kills += 1) {
      await expect.poll(() => smsc.hasEnded()).toBe(true);
      await smsc.start(kills === KILLS ? {} : { killedAt: 150 });
    }
    await delivered;
    const accepted = texts.filter((text) => outcomes.get(text) === 'accepted');
    const sent = textsOf(smsc);
    const arrived = new Set(sent);
    expect(accepted.filter((text) => !arrived.has(text))).toEqual([]);
    expect(arrived.size).toBe(sent.length);
    // What was under way when it was killed is unknown, and no more than that.
    expect(accepted.length).toBeGreaterThanOrEqual(1_000 - KILLS * WINDOW);
    expect(faults.filter(({ kind }) => kind === 'lost').length).toBeGreaterThanOrEqual(KILLS);
  });
});

const [KILLS, WINDOW] = [5, 20];

/** Sends it again as long as it is refused, in which case nothing of it was sent. */
async function sendUntilTaken(route: SmppRoute, text: string): Promise<SmsResult> {
  const result = await send(route, sms(text));
  if (result.outcome !== 'refused') return result;
  await delay(Math.min(20, result.retryAfterMs ?? 1));
  return sendUntilTaken(route, text);
}

function textsOf(smsc: PerlSmsc): string[] {
  return smsc.submits().map(({ fields }) => String(fields['short_message']));
}
