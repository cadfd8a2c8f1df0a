import { describe, expect, it } from 'vitest';
import type { DeliveryObservation, IssuerFault, SmsResult } from '@verified-mobile/issuer';
import {
  ACCEPTED,
  codeOf,
  type FakeRoute,
  fakeRoute,
  hang,
  held,
  THROTTLED,
  UNAVAILABLE,
} from '../support/fake-route.ts';
import { type Answer, BASE_URL, type IssuerUnderTest, issuerUnderTest, SHOP } from '../support/issuer-under-test.ts';

const REFUSED = 'OTP could not be sent. Please try again.';

interface Stage {
  first: FakeRoute;
  second: FakeRoute;
  issuer: IssuerUnderTest;
  faults: IssuerFault[];
}

function stage(smsTimeoutMs = 30_000): Stage {
  const [first, second] = [fakeRoute('first'), fakeRoute('second')];
  const faults: IssuerFault[] = [];
  const onFault = (fault: IssuerFault): void => void faults.push(fault);
  return { first, second, faults, issuer: issuerUnderTest({ routes: [first, second], smsTimeoutMs, onFault }) };
}

describe('with several routes', () => {
  it('an SMS goes to the first one, and its event says so', async () => {
    const { first, second, issuer } = stage();
    expect((await issuer.send()).status).toBe(0);
    expect([first.sent.length, second.sent.length]).toEqual([1, 0]);
    const { challengeId } = first.sent[0]!;
    const said = { route: 'first', messageId: `first-${challengeId}`, challengeId };
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'accepted', ...said });
  });

  it.each<[string, () => SmsResult]>([
    ['refuses it', () => ({ outcome: 'refused', reason: 'message', operatorCode: '633' })],
    ['cannot be reached', () => ({ outcome: 'refused', reason: 'unavailable', operatorCode: '633' })],
    [
      'throws',
      () => {
        throw new Error('134021');
      },
    ],
  ])('the next one gets the same code if one %s, and both are on record', async (_, answer) => {
    const { first, second, issuer, faults } = stage();
    first.answer = answer;
    expect((await issuer.send()).status).toBe(0);
    expect(second.sent).toEqual(first.sent);
    expect((await issuer.verify({ otp: codeOf(second) })).status).toBe(0);
    const [intended, refused, sent] = issuer.events;
    const { tid, challengeId, mobile } = intended!;
    expect(refused).toMatchObject({ kind: 'delivery', outcome: 'refused', reason: 'sms-refused', route: 'first' });
    expect(sent).toMatchObject({ kind: 'send', outcome: 'accepted', route: 'second' });
    for (const event of [refused, sent]) expect(event).toMatchObject({ tid, challengeId, mobile, account: 'shop' });
    expect(faults.map(({ during }) => during)).toEqual(['send-sms']);
    expect(JSON.stringify(issuer.events)).not.toContain('134021');
    expect(await usage(issuer)).toBe(1);
  });

  it('the next one gets it if one takes no more at the moment, which is no fault', async () => {
    const { first, second, issuer, faults } = stage();
    first.answer = () => THROTTLED;
    expect((await issuer.send()).status).toBe(0);
    expect(second.sent).toHaveLength(1);
    expect(issuer.events.map(({ kind }) => kind)).toEqual(['send', 'send']);
    expect(faults).toEqual([]);
  });

  it('is not sent if every one refuses it, and the code before stays right', async () => {
    const { first, second, issuer } = stage();
    await issuer.send();
    const code = codeOf(first);
    first.answer = () => ({ outcome: 'refused', reason: 'message' });
    second.answer = () => ({ outcome: 'refused', reason: 'message', operatorCode: '621' });
    expect((await issuer.send()).message).toBe(REFUSED);
    const why = { reason: 'sms-refused', route: 'second', operatorCode: '621' };
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'refused', ...why });
    expect((await issuer.verify({ otp: codeOf(second) })).status).toBe(1);
    expect((await issuer.verify({ otp: code })).status).toBe(0);
    expect(await usage(issuer)).toBe(1);
  });

  it('no second one gets an SMS that the first may have accepted, and one that hangs is soon spared', async () => {
    const { first, second, issuer } = stage(20);
    first.answer = hang;
    for (let sends = 0; sends < 5; sends += 1) {
      expect((await issuer.send()).status).toBe(0);
      expect(issuer.events.at(-1)).toMatchObject({ outcome: 'accepted', reason: 'sms-unknown', route: 'first' });
    }
    expect([first.sent.length, second.sent.length]).toEqual([5, 0]);
    await issuer.send();
    expect([first.sent.length, second.sent.length]).toEqual([5, 1]);
  });

  it('refuses at once while all of them are spared, and asks none; then one message goes out as a probe', async () => {
    const { first, second, issuer, faults } = stage();
    await issuer.send();
    const code = codeOf(first);
    for (const route of [first, second]) route.answer = () => UNAVAILABLE;
    for (let sends = 0; sends < 5; sends += 1) expect((await issuer.send()).message).toBe(REFUSED);
    const asked = first.sent.length + second.sent.length;
    expect((await issuer.send()).message).toBe(REFUSED);
    expect(first.sent.length + second.sent.length).toBe(asked);
    expect(faults.at(-1)).toMatchObject({ during: 'send-sms', error: { code: 'sms_refused' } });
    expect((await issuer.verify({ otp: code })).status).toBe(0);
    for (const route of [first, second]) route.answer = () => ACCEPTED;
    await expect.poll(async () => (await issuer.send()).status).toBe(0);
  });

  it('lets others wait for the probe, and sends them with its success', async () => {
    const [only, observed] = [fakeRoute('only'), [] as DeliveryObservation[]];
    const onDelivery = (observation: DeliveryObservation): void => void observed.push(observation);
    const issuer = issuerUnderTest({ routes: [only], onFault: () => {}, onDelivery });
    only.answer = () => UNAVAILABLE;
    for (let sends = 0; sends < 5; sends += 1) await issuer.send();
    expect(observed.at(-1)).toEqual({ kind: 'circuit', route: 'only', state: 'open' });
    const probe = held();
    only.answer = probe.answer;
    const sends: Promise<Answer>[] = [];
    await expect
      .poll(() => {
        sends.push(issuer.send());
        return observed.at(-1);
      })
      .toEqual({ kind: 'queue', length: 2 });
    expect(only.sent).toHaveLength(6);
    only.answer = () => ACCEPTED;
    probe.give(ACCEPTED);
    const statuses = (await Promise.all(sends)).map(({ status }) => status);
    expect(statuses.slice(-3)).toEqual([0, 0, 0]);
    expect(observed).toContainEqual({ kind: 'circuit', route: 'only', state: 'closed' });
  });
});

async function usage(issuer: IssuerUnderTest): Promise<number> {
  const response = await issuer.request('GET', `${BASE_URL}/usage?initiator_id=${SHOP.initiatorId}`);
  return ((await response.json()) as { data: { sent: number } }).data.sent;
}
