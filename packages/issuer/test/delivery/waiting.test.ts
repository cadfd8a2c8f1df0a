import { describe, expect, it } from 'vitest';
import {
  type DeliveryObservation,
  type IssuerFault,
  memoryOutbox,
  type Outbox,
  type SmsResult,
  type SmsRoute,
} from '@verified-mobile/issuer';
import { ACCEPTED, codeOf, type FakeRoute, fakeRoute, hang, held, UNAVAILABLE } from '../support/fake-route.ts';
import { BASE_URL, type IssuerUnderTest, issuerUnderTest, SHOP } from '../support/issuer-under-test.ts';

const REFUSED = 'OTP could not be sent. Please try again.';

interface Stage {
  route: FakeRoute;
  issuer: IssuerUnderTest;
  faults: IssuerFault[];
  observed: DeliveryObservation[];
}

function stage(changes: Partial<SmsRoute> = {}, smsTimeoutMs = 20, maxQueued = 10): Stage {
  const route = fakeRoute('only', changes);
  const [faults, observed]: [IssuerFault[], DeliveryObservation[]] = [[], []];
  const issuer = issuerUnderTest({
    routes: [route],
    smsTimeoutMs,
    outbox: memoryOutbox({ maxQueued }),
    onFault: (fault) => void faults.push(fault),
    onDelivery: (observation) => void observed.push(observation),
  });
  return { route, issuer, faults, observed };
}

const throttledFor = (retryAfterMs: number): SmsResult => ({ outcome: 'refused', reason: 'throttled', retryAfterMs });

describe('an SMS that waits for its route', () => {
  it('is answered as sent, goes out later with the same code, and is billed once', async () => {
    const { route, issuer } = stage();
    route.answer = () => throttledFor(200);
    const client_ref_id = 'payout-1';
    const { data } = await issuer.send({ client_ref_id });
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'accepted', reason: 'queued' });
    expect((await issuer.send({ client_ref_id })).data?.['tid']).toBe(data?.['tid']);
    route.answer = ({ challengeId }) => ({ outcome: 'accepted', messageId: challengeId });
    const last = { kind: 'delivery', outcome: 'accepted', route: 'only', tid: data?.['tid'] };
    await expect.poll(() => issuer.events.at(-1)).toMatchObject(last);
    expect(issuer.events.at(-1)?.messageId).toBe(route.sent[0]?.challengeId);
    expect(route.sent.length).toBeGreaterThan(1);
    expect(new Set(route.sent.map(({ text }) => text)).size).toBe(1);
    expect((await issuer.verify({ otp: codeOf(route) })).status).toBe(0);
    expect(await usage(issuer)).toBe(1);
  });

  it('ends as expired with its code, is on record as such, and is not billed', async () => {
    const { route, issuer } = stage();
    route.answer = () => throttledFor(100_000);
    const client_ref_id = 'payout-1';
    const first = await issuer.send({ client_ref_id });
    expect(await usage(issuer)).toBe(1);
    issuer.clock.now += 300_000;
    const last = { kind: 'delivery', outcome: 'refused', reason: 'expired', tid: first.data?.['tid'] };
    await expect.poll(() => issuer.events.at(-1)).toMatchObject(last);
    await expect.poll(async () => usage(issuer)).toBe(0);
    expect(route.sent).toHaveLength(1);
    expect(await stateOf(issuer, first.data?.['tid'])).toBe('expired');
    // The reference stands for nothing that was sent.
    expect((await issuer.send({ client_ref_id })).data?.['tid']).not.toBe(first.data?.['tid']);
  });

  it('is cancelled, and taken off the bill, if it is refused after all', async () => {
    const { route, issuer } = stage();
    route.answer = () => throttledFor(100);
    await issuer.send();
    route.answer = () => ({ outcome: 'refused', reason: 'message', operatorCode: '633' });
    const last = { kind: 'delivery', outcome: 'refused', reason: 'sms-refused', operatorCode: '633' };
    await expect.poll(() => issuer.events.at(-1)).toMatchObject(last);
    await expect.poll(async () => usage(issuer)).toBe(0);
  });

  it('does not go to a route that asks for more time than the code has', async () => {
    const { route, issuer } = stage({}, 30_000);
    route.answer = () => throttledFor(400_000);
    expect((await issuer.send()).message).toBe(REFUSED);
    expect((await issuer.send()).message).toBe(REFUSED);
    expect(route.sent).toHaveLength(1);
  });

  it('is answered as unknown if it is being handed over by then, and on record when that has ended', async () => {
    const { route, issuer } = stage({ window: 1 }, 300);
    const answers = [held(), held()];
    route.answer = async () => answers[route.sent.length - 1]!.answer();
    const [first, second] = [issuer.send(), issuer.send()];
    await expect.poll(() => route.sent.length).toBe(1);
    setTimeout(() => answers[0]?.give(ACCEPTED), 150);
    expect([(await first).status, (await second).status]).toEqual([0, 0]);
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'accepted' });
    answers[1]?.give({ outcome: 'accepted', messageId: 'late' });
    await expect.poll(async () => usage(issuer)).toBe(2);
  });

  it('finds its route full no more when another one has ended, and then goes at once', async () => {
    const { route, issuer, observed } = stage({ window: 2 }, 30_000);
    const answers = Array.from({ length: 3 }, held);
    route.answer = async () => answers[route.sent.length - 1]!.answer();
    const sends = [issuer.send(), issuer.send(), issuer.send()];
    await expect.poll(() => observed.at(-1)).toEqual({ kind: 'queue', length: 1 });
    expect(route.sent).toHaveLength(2);
    answers[1]?.give(ACCEPTED);
    await expect.poll(() => route.sent.length).toBe(3);
    expect(observed.at(-1)).toEqual({ kind: 'queue', length: 0 });
    for (const { give } of answers) give(ACCEPTED);
    expect((await Promise.all(sends)).map(({ status }) => status)).toEqual([0, 0, 0]);
  });

  it('is tried again a moment later when the outbox fails, and not without end', async () => {
    const [good, route] = [memoryOutbox(), fakeRoute('only')];
    let asked = 0;
    const outbox: Outbox = {
      ...good,
      async begin(...given) {
        asked += 1;
        return asked < 3 ? Promise.reject(new Error('away')) : good.begin(...given);
      },
    };
    const faults: string[] = [];
    const issuer = issuerUnderTest({ routes: [route], outbox, onFault: ({ during }) => void faults.push(during) });
    route.answer = () => throttledFor(1);
    const sending = issuer.send();
    await expect.poll(() => asked).toBe(1);
    route.answer = () => ACCEPTED;
    expect((await sending).status).toBe(0);
    expect([asked, faults, route.sent.length]).toEqual([3, ['delivery', 'delivery'], 2]);
  });

  it('is refused if the queue is full, with a fault that says so', async () => {
    const { route, issuer, faults } = stage({ window: 1 }, 30_000, 1);
    const answer = held();
    route.answer = answer.answer;
    const sends = [issuer.send(), issuer.send()];
    await expect.poll(() => route.sent.length).toBe(1);
    expect((await issuer.send()).message).toBe(REFUSED);
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'refused', reason: 'queue-full' });
    expect(faults).toMatchObject([{ during: 'send-sms', error: { code: 'queue_full' } }]);
    answer.give(ACCEPTED);
    await Promise.all(sends);
  });

  it('is withdrawn, and the code before stays right, when its only route fails again and again', async () => {
    const { route, issuer } = stage({ window: 5 }, 30_000);
    await issuer.send();
    const code = codeOf(route);
    const answer = held();
    route.answer = answer.answer;
    const sends = Array.from({ length: 8 }, async () => issuer.send());
    await expect.poll(() => route.sent.length).toBe(6);
    answer.give(UNAVAILABLE);
    route.answer = () => UNAVAILABLE;
    const messages = (await Promise.all(sends)).map(({ message }) => message);
    expect(messages).toEqual(messages.map(() => REFUSED));
    expect(await usage(issuer)).toBe(1);
    expect((await issuer.verify({ otp: code })).status).toBe(0);
  });
});

describe('one poisoned message', () => {
  it.each<[string, FakeRoute['answer']]>([
    ['makes its transport throw', () => throwing()],
    ['makes its transport reject', async () => Promise.reject(new TypeError('poison'))],
    ['is answered with nothing', () => undefined as never],
    ['is answered with a text', () => 'OK' as never],
    ['is answered with an unknown outcome', () => ({ outcome: 'maybe' }) as never],
    [
      'is answered with something that throws when it is read',
      () => Object.defineProperty({}, 'outcome', { get: throwing }) as never,
    ],
    ['is never answered', hang],
  ])('that %s delays no other', async (_, answer) => {
    const { route, issuer } = stage({ window: 1 }, 30_000);
    let poisoned = '';
    route.answer = (message, signal): ReturnType<FakeRoute['answer']> =>
      message.challengeId === poisoned ? answer(message, signal) : ACCEPTED;
    const accepting = route.answer;
    route.answer = (message, signal): ReturnType<FakeRoute['answer']> => {
      poisoned = message.challengeId;
      route.answer = accepting;
      return accepting(message, signal);
    };
    void issuer.send();
    await expect.poll(() => route.sent.length).toBe(1);
    const others = await Promise.all(Array.from({ length: 3 }, async () => issuer.send()));
    expect(others.map(({ status }) => status)).toEqual([0, 0, 0]);
  });
});

function throwing(): never {
  throw new Error('poison');
}

async function usage(issuer: IssuerUnderTest): Promise<number> {
  const response = await issuer.request('GET', `${BASE_URL}/usage?initiator_id=${SHOP.initiatorId}`);
  return ((await response.json()) as { data: { sent: number } }).data.sent;
}

async function stateOf(issuer: IssuerUnderTest, tid: unknown): Promise<unknown> {
  const url = `${BASE_URL}/tools/kyc/mobile/otp/messages/${String(tid)}?initiator_id=${SHOP.initiatorId}`;
  return ((await (await issuer.request('GET', url)).json()) as { data: { state: string } }).data.state;
}
