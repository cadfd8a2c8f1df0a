import { describe, expect, it } from 'vitest';
import { type IssuerFault, memoryOutbox, type Outbox, type SmsReceipt, type SmsRoute } from '@verified-mobile/issuer';
import { createMetrics } from '@verified-mobile/issuer/metrics';
import { type FakeRoute, fakeRoute, held } from '../support/fake-route.ts';
import { BASE_URL, type IssuerUnderTest, issuerUnderTest } from '../support/issuer-under-test.ts';

const SECRET = 'shared-with-the-provider';

/** Receipts as JSON, from whoever has the secret. */
const readReceipts: NonNullable<SmsRoute['readReceipts']> = async (request) => {
  if (request.headers.get('authorization') !== SECRET) {
    return { outcome: 'refused', response: new Response('no', { status: 401 }) };
  }
  const receipts = (await request.json()) as SmsReceipt[];
  return { outcome: 'read', receipts, response: new Response('thanks', { status: 202 }) };
};

interface Stage {
  route: FakeRoute;
  issuer: IssuerUnderTest;
  faults: IssuerFault[];
  metrics: () => Promise<string[]>;
}

function stage(changes: Partial<SmsRoute> = { readReceipts }, outbox: Outbox = memoryOutbox()): Stage {
  const route = fakeRoute('first', changes);
  const { onDelivery, text } = createMetrics();
  const faults: IssuerFault[] = [];
  const onFault = (fault: IssuerFault): void => void faults.push(fault);
  const issuer = issuerUnderTest({ routes: [route, fakeRoute('second')], outbox, onDelivery, onFault });
  return { route, issuer, faults, metrics: async () => (await text()).split('\n') };
}

const idOf = ({ sent }: FakeRoute): string => `first-${sent.at(-1)?.challengeId}`;

async function post(
  { fetch }: IssuerUnderTest,
  body: unknown,
  { path = '/sms/receipts/first', authorization = SECRET, method = 'POST' } = {},
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(
    new Request(BASE_URL + path, { method, headers: { authorization }, ...(method === 'POST' && { body: text }) }),
  );
}

describe('a receipt', () => {
  it('that comes on the connection is an event of its send, once', async () => {
    const { route, issuer, metrics } = stage();
    const { data } = await issuer.send();
    const { challengeId, mobile, requestId } = issuer.events.at(-1)!;
    route.receipt({ messageId: idOf(route), status: 'undelivered', operatorCode: '27' });
    const said = { kind: 'receipt', outcome: 'refused', receipt: 'undelivered', operatorCode: '27', route: 'first' };
    const about = { account: 'shop', tid: data?.['tid'], challengeId, mobile, requestId };
    await expect.poll(() => issuer.events.at(-1)).toMatchObject({ ...said, ...about });
    const before = issuer.events.length;
    for (const status of ['accepted', 'undelivered', 'delivered'] as const) {
      route.receipt({ messageId: idOf(route), status });
    }
    await post(issuer, [{ messageId: idOf(route), status: 'delivered' }]);
    expect(issuer.events).toHaveLength(before);
    expect(await metrics()).toContain('issuer_sms_receipts_total{route="first",status="undelivered"} 1');
  });

  it('of no message of ours is counted, and is no event', async () => {
    const { route, issuer, metrics } = stage();
    await issuer.send();
    const before = issuer.events.length;
    const nonsense = [
      { messageId: 'foreign', status: 'delivered' },
      { messageId: idOf(route), status: 'lost' },
      { messageId: 'two words', status: 'delivered' },
      { status: 'delivered' },
      null,
      'delivered',
    ];
    expect((await post(issuer, nonsense)).status).toBe(202);
    expect(issuer.events).toHaveLength(before);
    expect(await metrics()).toContain('issuer_sms_receipts_total{route="first",status="unmatched"} 6');
  });

  it('that overtakes the answer to the hand-over is an event when that has come', async () => {
    const { route, issuer } = stage();
    const answer = held();
    route.answer = answer.answer;
    const sending = issuer.send();
    await expect.poll(() => route.sent.length).toBe(1);
    route.receipt({ messageId: 'early', status: 'delivered' });
    answer.give({ outcome: 'accepted', messageId: 'early' });
    const { data } = await sending;
    const said = { kind: 'receipt', outcome: 'accepted', receipt: 'delivered', tid: data?.['tid'] };
    await expect.poll(() => issuer.events).toContainEqual(expect.objectContaining(said));
  });

  it('says nothing of what the provider wrote where a code should be', async () => {
    const { route, issuer } = stage();
    await issuer.send();
    route.receipt({ messageId: idOf(route), status: 'rejected', operatorCode: 'text 134021 to 9002336768' });
    await expect.poll(() => issuer.events.at(-1)?.receipt).toBe('rejected');
    expect(issuer.events.at(-1)).not.toHaveProperty('operatorCode');
  });

  it('that cannot be kept is a fault', async () => {
    const outbox = { ...memoryOutbox(), receive: async () => Promise.reject(new Error('away')) };
    const { route, issuer, faults } = stage({ readReceipts }, outbox);
    await issuer.send();
    route.receipt({ messageId: idOf(route), status: 'delivered' });
    await expect.poll(() => faults.map(({ during }) => during)).toEqual(['delivery']);
    expect((await post(issuer, [{ messageId: idOf(route), status: 'delivered' }])).status).toBe(500);
  });
});

describe('POST …/sms/receipts/<route>', () => {
  it('is answered as the provider expects, when the receipts are kept', async () => {
    const { route, issuer } = stage();
    await issuer.send();
    const response = await post(issuer, [{ messageId: idOf(route), status: 'delivered' }]);
    expect([response.status, await response.text()]).toEqual([202, 'thanks']);
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'receipt', receipt: 'delivered' });
  });

  it('is refused as the route says, and nothing is believed', async () => {
    const { route, issuer } = stage();
    await issuer.send();
    const receipts = [{ messageId: idOf(route), status: 'delivered' }];
    expect((await post(issuer, receipts, { authorization: 'guessed' })).status).toBe(401);
    expect(issuer.events.at(-1)?.kind).toBe('send');
  });

  it.each([
    ['a route that does not exist', '/sms/receipts/third', 'POST', 404],
    ['a route whose receipts come another way', '/sms/receipts/second', 'POST', 404],
    ['another method', '/sms/receipts/first', 'PUT', 405],
  ])('is refused for %s', async (_, path, method, status) => {
    expect((await post(stage().issuer, [], { path, method })).status).toBe(status);
  });

  it('takes a body of 256 KiB, and no byte more, declared or not', async () => {
    const lengths: number[] = [];
    const read: NonNullable<SmsRoute['readReceipts']> = async (request) => {
      lengths.push((await request.text()).length);
      return { outcome: 'read', receipts: [], response: new Response() };
    };
    const { issuer } = stage({ readReceipts: read });
    const largest = 256 * 1024;
    expect((await post(issuer, 'x'.repeat(largest))).status).toBe(200);
    expect((await post(issuer, 'x'.repeat(largest + 1))).status).toBe(413);
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.alloc(64 * 1024)),
    });
    const endless = { method: 'POST', body: chunks, duplex: 'half' } as RequestInit;
    expect((await issuer.fetch(new Request(`${BASE_URL}/sms/receipts/first`, endless))).status).toBe(413);
    expect(lengths).toEqual([largest]);
  });

  it('answers 500 if the route cannot read it, and the fault says why', async () => {
    const { issuer, faults } = stage();
    expect((await post(issuer, '{')).status).toBe(500);
    expect(faults).toMatchObject([{ during: 'request', error: { name: 'SyntaxError' } }]);
  });

  it('hands on path, query and headers, also of a GET', async () => {
    const seen: string[] = [];
    const read: NonNullable<SmsRoute['readReceipts']> = async ({ method, url, headers }) => {
      seen.push(`${method} ${url} ${headers.get('authorization')}`);
      return { outcome: 'read', receipts: [], response: new Response() };
    };
    const { issuer } = stage({ readReceipts: read });
    expect((await post(issuer, '', { path: '/sms/receipts/first?id=1', method: 'GET' })).status).toBe(200);
    expect(seen).toEqual([`GET ${BASE_URL}/sms/receipts/first?id=1 ${SECRET}`]);
  });
});
