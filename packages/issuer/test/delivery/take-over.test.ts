import { afterEach, describe, expect, it } from 'vitest';
import {
  type IssuerFault,
  type IssuerOptions,
  memoryOtpStore,
  memoryOutbox,
  type OtpStore,
  type Outbox,
} from '@verified-mobile/issuer';
import { ACCEPTED, codeOf, type FakeRoute, fakeRoute, hang, THROTTLED } from '../support/fake-route.ts';
import { BASE_URL, type IssuerUnderTest, issuerUnderTest, SHOP, START } from '../support/issuer-under-test.ts';

interface Node {
  route: FakeRoute;
  issuer: IssuerUnderTest;
  faults: IssuerFault[];
}

/** What the nodes of one service share, and nodes on it. */
class Service {
  readonly store: OtpStore = memoryOtpStore();
  readonly outbox: Outbox = { ...memoryOutbox(), scope: 'shared' };
  readonly nodes: Node[] = [];

  start(changes: Partial<IssuerOptions> = {}): Node {
    const route = fakeRoute('only');
    const faults: IssuerFault[] = [];
    const onFault = (fault: IssuerFault): void => void faults.push(fault);
    const { outbox } = this;
    const issuer = issuerUnderTest({ routes: [route], outbox, onFault, ...changes }, [this.store]);
    const node = { route, issuer, faults };
    this.nodes.push(node);
    return node;
  }

  /** One that stands still for ever as soon as its messages wait or are being handed over. */
  startDying(changes: Partial<IssuerOptions> = {}, more: Partial<Outbox> = {}): Node {
    const { outbox } = this;
    const dying = { ...outbox, beat: async (node: string) => outbox.beat(node, 0), begin: hang, ...more };
    return this.start({ outbox: dying, smsTimeoutMs: 20, ...changes });
  }

  async usage(): Promise<number> {
    const { issuer } = this.nodes.at(-1)!;
    const response = await issuer.request('GET', `${BASE_URL}/usage?initiator_id=${SHOP.initiatorId}`);
    return ((await response.json()) as { data: { sent: number } }).data.sent;
  }
}

let service = new Service();
afterEach(async () => {
  await Promise.all(service.nodes.map(async ({ issuer }) => issuer.nodes[0]?.close()));
  service = new Service();
});

describe('the messages of a node that is gone', () => {
  it('go out with the same code by another node, are on record there, and are billed once', async () => {
    const gone = service.startDying();
    gone.route.answer = () => THROTTLED;
    const { data } = await gone.issuer.send();
    expect(gone.issuer.events.at(-1)?.reason).toBe('queued');
    const { route, issuer } = service.start();
    const { challengeId, mobile, requestId } = gone.issuer.events.at(-1)!;
    const said = { kind: 'delivery', outcome: 'accepted', route: 'only', account: 'shop' };
    await expect
      .poll(() => issuer.events.at(-1))
      .toMatchObject({ ...said, tid: data?.['tid'], challengeId, mobile, requestId });
    expect(route.sent).toEqual(gone.route.sent);
    expect((await issuer.verify({ otp: codeOf(route) })).status).toBe(0);
    expect(await service.usage()).toBe(1);
  });

  it('are committed by the node that sent them, if nobody was answered before', async () => {
    const gone = service.startDying({ smsTimeoutMs: 30_000 });
    gone.route.answer = () => THROTTLED;
    const client_ref_id = 'payout-1';
    void gone.issuer.send({ client_ref_id });
    await expect.poll(() => gone.route.sent.length).toBe(1);
    const { route, issuer } = service.start();
    await expect.poll(async () => service.usage()).toBe(1);
    expect((await issuer.send({ client_ref_id })).data?.['tid']).toBe(gone.issuer.events.at(-1)?.tid);
    expect(route.sent).toHaveLength(1);
    expect((await issuer.verify({ otp: codeOf(route) })).status).toBe(0);
  });

  it('go out once, however many nodes there are, and by a route that has not refused them', async () => {
    const routes = [fakeRoute('first'), fakeRoute('second')] as const;
    const gone = service.startDying({ routes });
    routes[0].answer = () => ({ outcome: 'refused', reason: 'message' });
    routes[1].answer = () => THROTTLED;
    // It is told to go on with the second, and that takes no more: so it waits.
    const { outbox } = service;
    await gone.issuer.nodes[0]?.close();
    const waiting = service.startDying({ routes }, { begin: async (...given) => outbox.begin(...given) });
    for (let sends = 0; sends < 5; sends += 1) await waiting.issuer.send();
    const others = Array.from({ length: 3 }, () => [fakeRoute('first'), fakeRoute('second')] as const);
    for (const pair of others) service.start({ routes: pair });
    const sentBy = (index: 0 | 1): string[] => others.flatMap((pair) => pair[index].sent.map(({ text }) => text));
    await expect.poll(() => sentBy(1).toSorted()).toEqual(routes[0].sent.map(({ text }) => text).toSorted());
    expect(sentBy(0)).toEqual([]);
  });

  it('are unknown if they were being handed over, and nobody sends them again', async () => {
    const gone = service.startDying({ smsTimeoutMs: 30_000 });
    gone.route.answer = hang;
    void gone.issuer.send();
    await expect.poll(() => gone.route.sent.length).toBe(1);
    const { route, issuer } = service.start();
    const said = { kind: 'delivery', outcome: 'accepted', reason: 'sms-unknown', route: 'only' };
    await expect.poll(() => issuer.events.at(-1)).toMatchObject(said);
    expect(route.sent).toEqual([]);
    // It may have arrived.
    expect((await issuer.verify({ otp: codeOf(gone.route) })).status).toBe(0);
  });

  it('end as expired if it is too late, and are not billed', async () => {
    const gone = service.startDying();
    gone.route.answer = () => THROTTLED;
    await gone.issuer.send();
    expect(await service.usage()).toBe(1);
    const { route, issuer } = service.start({ clock: () => START + 300_000 });
    const said = { kind: 'delivery', outcome: 'refused', reason: 'expired' };
    await expect.poll(() => issuer.events.at(-1)).toMatchObject(said);
    await expect.poll(async () => gone.issuer.nodes[0] && service.usage()).toBe(0);
    expect(route.sent).toEqual([]);
  });

  it('are opened under an older pepper that is still in force', async () => {
    const gone = service.startDying();
    gone.route.answer = () => THROTTLED;
    await gone.issuer.send();
    const peppers = [Buffer.alloc(32, 'newer'), Buffer.alloc(32, 'pepper')];
    const { route } = service.start({ peppers });
    await expect.poll(() => route.sent).toEqual(gone.route.sent);
  });

  it('do not hold up the others if one of them cannot be opened, and that is on record', async () => {
    let enqueued = 0;
    const { outbox } = service;
    const gone = service.startDying(
      {},
      {
        async enqueue(message, ...rest) {
          enqueued += 1;
          return outbox.enqueue(enqueued === 1 ? { ...message, sealed: 'poison' } : message, ...rest);
        },
      },
    );
    gone.route.answer = () => THROTTLED;
    const poisoned = await gone.issuer.send();
    for (let sends = 0; sends < 3; sends += 1) await gone.issuer.send();
    const { route, issuer, faults } = service.start();
    await expect.poll(() => route.sent.length).toBe(3);
    const said = { kind: 'delivery', outcome: 'refused', reason: 'unreadable', tid: poisoned.data?.['tid'] };
    await expect.poll(() => issuer.events).toContainEqual(expect.objectContaining(said));
    expect(faults).toMatchObject([{ during: 'delivery', error: { code: 'sms_refused' } }]);
    expect(await service.outbox.find('shop', String(poisoned.data?.['tid']))).toMatchObject({ state: 'refused' });
  });
});

describe('a node that was taken for dead', () => {
  it('sends nothing that another one has taken over', async () => {
    let release: () => void = () => {};
    const mayGoOn = new Promise<void>((resolve) => void (release = resolve));
    const { outbox } = service;
    const asleep = service.startDying(
      { smsTimeoutMs: 30_000 },
      {
        async begin(...given) {
          await mayGoOn;
          return outbox.begin(...given);
        },
      },
    );
    asleep.route.answer = () => ({ ...THROTTLED, retryAfterMs: 1 }) as typeof THROTTLED;
    const sending = asleep.issuer.send();
    await expect.poll(() => asleep.route.sent.length).toBe(1);
    const { route } = service.start();
    await expect.poll(() => route.sent.length).toBe(1);
    asleep.route.answer = () => ACCEPTED;
    release();
    expect((await sending).status).toBe(0);
    expect([asleep.route.sent.length, route.sent.length]).toEqual([1, 1]);
    expect(asleep.issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'accepted', reason: 'queued' });
    expect(await service.usage()).toBe(1);
  });

  it('says after all that its SMS was accepted, and its receipts are known', async () => {
    const asleep = service.startDying({ smsTimeoutMs: 30_000 });
    let give: () => void = () => {};
    asleep.route.answer = async () =>
      new Promise((resolve) => void (give = () => resolve({ outcome: 'accepted', messageId: 'late' })));
    const sending = asleep.issuer.send();
    await expect.poll(() => asleep.route.sent.length).toBe(1);
    const { route, issuer } = service.start();
    await expect.poll(() => issuer.events.at(-1)?.reason).toBe('sms-unknown');
    give();
    const tid = String((await sending).data?.['tid']);
    await expect.poll(async () => (await service.outbox.find('shop', tid))?.state).toBe('accepted');
    route.receipt({ messageId: 'late', status: 'delivered' });
    await expect.poll(() => issuer.events.at(-1)).toMatchObject({ kind: 'receipt', receipt: 'delivered', tid });
  });
});

describe('a node that is closed', () => {
  it('leaves what waits to another one at once', async () => {
    const { route, issuer } = service.start({ smsTimeoutMs: 20 });
    route.answer = () => THROTTLED;
    await issuer.send();
    await issuer.nodes[0]?.close();
    const next = service.start();
    await expect.poll(() => next.route.sent).toEqual(route.sent);
  });
});
