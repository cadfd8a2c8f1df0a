import { describe, expect, it } from 'vitest';
import { memoryOutbox, type SmsRoute } from '@verified-mobile/issuer';
import { ACCEPTED, type FakeRoute, fakeRoute, hang, held, THROTTLED } from '../support/fake-route.ts';
import { type IssuerUnderTest, issuerUnderTest } from '../support/issuer-under-test.ts';

async function readiness(...routes: readonly SmsRoute[]): Promise<number> {
  const issuer = issuerUnderTest({ routes, onFault: () => {} });
  return (await issuer.fetch(new Request('https://otp.test/ready'))).status;
}

const up = fakeRoute('up', { ready: async () => {} });
const down = fakeRoute('down', { ready: async () => Promise.reject(new Error('not bound')) });
const hanging = fakeRoute('hanging', { ready: hang });

describe('readiness', () => {
  it('is said while one route of several is up', async () => {
    expect(await readiness(down, up)).toBe(200);
    expect(await readiness(hanging, up)).toBe(200);
    expect(await readiness(fakeRoute('says-nothing'), down)).toBe(200);
  });

  it('is not said while all of them are down or hang', async () => {
    expect(await readiness(down)).toBe(503);
    expect(await readiness(down, hanging)).toBe(503);
  });

  it('is not said while the outbox cannot be written', async () => {
    const outbox = { ...memoryOutbox(), ready: async () => Promise.reject(new Error('full')) };
    const issuer = issuerUnderTest({ outbox, onFault: () => {} });
    expect((await issuer.fetch(new Request('https://otp.test/ready'))).status).toBe(503);
  });
});

describe('close()', () => {
  const stage = (smsTimeoutMs?: number): { route: FakeRoute; issuer: IssuerUnderTest; closed: string[] } => {
    const closed: string[] = [];
    const route = fakeRoute('only', { close: async () => void closed.push('route') });
    const issuer = issuerUnderTest({
      routes: [route],
      onFault: () => {},
      ledger: { append: async () => {}, ready: async () => {}, close: async () => void closed.push('ledger') },
      ...(smsTimeoutMs !== undefined && { smsTimeoutMs }),
    });
    return { route, issuer, closed };
  };

  it('waits for the hand-over under way, then closes the route, and takes nothing new', async () => {
    const { route, issuer, closed } = stage();
    const answer = held();
    route.answer = async () => {
      const result = await answer.answer();
      closed.push('answered');
      return result;
    };
    const sending = issuer.send();
    await expect.poll(() => route.sent.length).toBe(1);
    const closing = issuer.nodes[0]?.close();
    expect((await issuer.send()).message).toBe('Internal error.');
    setTimeout(() => answer.give(ACCEPTED), 50);
    expect((await sending).status).toBe(0);
    await closing;
    expect(closed).toEqual(['answered', 'route', 'ledger']);
    expect(route.sent).toHaveLength(1);
    await issuer.nodes[0]?.close();
    expect(closed.filter((what) => what === 'route')).toHaveLength(1);
  });

  it('does not wait for a route that hangs longer than a hand-over may take', async () => {
    const { route, issuer, closed } = stage(20);
    route.answer = hang;
    void issuer.send();
    await issuer.nodes[0]?.close();
    expect(closed).toEqual(['route', 'ledger']);
  });

  it('ends what waits in memory, on record, for nobody else could send it', async () => {
    const { route, issuer } = stage(20);
    route.answer = () => THROTTLED;
    await issuer.send();
    await issuer.nodes[0]?.close();
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'delivery', outcome: 'refused', reason: 'sms-refused' });
  });

  it('does not fail with a route that cannot be closed', async () => {
    const route = fakeRoute('only', { close: async () => Promise.reject(new Error('closed before')) });
    const faults: string[] = [];
    const issuer = issuerUnderTest({ routes: [route], onFault: ({ during }) => void faults.push(during) });
    await issuer.nodes[0]?.close();
    expect(faults).toEqual(['delivery']);
  });
});
