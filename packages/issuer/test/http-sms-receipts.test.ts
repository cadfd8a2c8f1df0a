import type { ReceiptReading } from '@verified-mobile/issuer';
import { httpSmsRoute, type ReceiptOptions } from '@verified-mobile/issuer/http-sms';
import { describe, expect, it } from 'vitest';
import { optionsFor } from './support/sms-provider.ts';

const SECRET = 'a-secret-of-the-webhook';
const URL_OF_RECEIPTS = 'https://otp.example.in/sms/receipts/example';

const OPTIONS: ReceiptOptions = {
  secret: { env: 'RECEIPTS_SECRET' },
  in: 'header',
  name: 'X-Secret',
  messageId: 'message.id',
  status: 'message.status',
  statuses: { DELIVRD: 'delivered', UNDELIV: 'undelivered', EXPIRED: 'expired', REJECTD: 'rejected', '1': 'accepted' },
  operatorCode: 'message.error',
};

async function read(
  request: { body?: string | ReadableStream; secret?: string | null; query?: string; method?: string },
  more: Partial<ReceiptOptions> = {},
): Promise<{ status: number; receipts: unknown; reading: ReceiptReading }> {
  const { body = null, secret = SECRET, query = '', method = 'POST' } = request;
  const variables = { RECEIPTS_SECRET: SECRET };
  const route = httpSmsRoute(optionsFor('https://sms.example.in/', { receipts: { ...OPTIONS, ...more }, variables }));
  const headers: Record<string, string> = secret === null ? {} : { 'x-secret': secret };
  const reading = await route.readReceipts!(
    new Request(`${URL_OF_RECEIPTS}${query}`, { method, headers, body, ...(body !== null && { duplex: 'half' }) }),
  );
  const receipts = reading.outcome === 'read' ? reading.receipts : reading.outcome;
  return { status: reading.response.status, receipts, reading };
}

const DELIVERED = JSON.stringify({ message: { id: 'm-1', status: 'DELIVRD', error: '000' } });

describe('a receipt', () => {
  it('is read from JSON', async () => {
    expect(await read({ body: DELIVERED })).toMatchObject({
      status: 200,
      receipts: [{ messageId: 'm-1', status: 'delivered', operatorCode: '000' }],
    });
  });

  it.each([
    ['UNDELIV', 'undelivered'],
    ['EXPIRED', 'expired'],
    ['REJECTD', 'rejected'],
    [1, 'accepted'],
  ])('that says %s means %s', async (status, meaning) => {
    const body = JSON.stringify({ message: { id: 7, status } });
    expect((await read({ body })).receipts).toEqual([{ messageId: '7', status: meaning }]);
  });

  it('is one of a list', async () => {
    const item = (id: string, status: string): object => ({ message: { id, status } });
    const items = [item('m-1', 'DELIVRD'), item('m-2', 'SOMETHING'), null, 5, {}, item('m-3', 'EXPIRED')];
    const expected = [
      { messageId: 'm-1', status: 'delivered' },
      { messageId: 'm-3', status: 'expired' },
    ];
    expect((await read({ body: JSON.stringify(items) }, { many: '$' })).receipts).toEqual(expected);
    expect((await read({ body: JSON.stringify({ data: { items } }) }, { many: 'data.items' })).receipts).toEqual(
      expected,
    );
  });

  it('is read from a form, and from a query', async () => {
    const flat = { messageId: 'SmsSid', status: 'Status', operatorCode: 'Code' };
    const fields = 'SmsSid=m-1&Status=DELIVRD&Code=633';
    const expected = [{ messageId: 'm-1', status: 'delivered', operatorCode: '633' }];
    expect((await read({ body: fields }, { ...flat, from: 'form' })).receipts).toEqual(expected);
    expect((await read({ method: 'GET', query: `?${fields}` }, { ...flat, from: 'query' })).receipts).toEqual(expected);
  });

  it('is answered as the provider expects', async () => {
    const { reading } = await read(
      { body: DELIVERED },
      { answer: { status: 202, body: '{"ok":true}', contentType: 'application/json' } },
    );
    expect(reading.response.status).toBe(202);
    expect(reading.response.headers.get('content-type')).toBe('application/json');
    expect(await reading.response.text()).toBe('{"ok":true}');
  });

  it.each([
    ['of a status that the options do not name', { message: { id: 'm-1', status: 'BUFFERED' } }],
    ['of a status that every object has', { message: { id: 'm-1', status: 'constructor' } }],
    ['without an id', { message: { status: 'DELIVRD' } }],
    ['with an id of two words', { message: { id: 'm 1', status: 'DELIVRD' } }],
    ['with an id of 129 characters', { message: { id: 'm'.repeat(129), status: 'DELIVRD' } }],
    ['with an id that JSON rounds', { message: { id: 2 ** 53, status: 'DELIVRD' } }],
    ['that is none', 'ping'],
  ])('%s is answered, so that it is not repeated, and changes nothing', async (_what, body) => {
    expect(await read({ body: JSON.stringify(body) })).toMatchObject({ status: 200, receipts: [] });
  });

  it('keeps its meaning without a code that may stand in events', async () => {
    const body = JSON.stringify({ message: { id: 'm-1', status: 'DELIVRD', error: 'absent <subscriber>' } });
    expect((await read({ body })).receipts).toEqual([{ messageId: 'm-1', status: 'delivered' }]);
  });
});

describe('a request that is refused', () => {
  it.each([
    ['without the secret', { secret: null }],
    ['with another one', { secret: `${SECRET}x` }],
    ['with a part of it', { secret: SECRET.slice(0, -1) }],
    ['with none of its letters', { secret: '' }],
  ])('is one %s', async (_what, request) => {
    expect(await read({ body: DELIVERED, ...request })).toMatchObject({ status: 401, receipts: 'refused' });
  });

  it('is one with the secret in the wrong place', async () => {
    const query = `?X-Secret=${SECRET}`;
    expect((await read({ body: DELIVERED, secret: null, query })).status).toBe(401);
    expect((await read({ body: DELIVERED, secret: null, query }, { in: 'query' })).status).toBe(200);
    expect((await read({ body: DELIVERED }, { in: 'query' })).status).toBe(401);
  });

  it.each([
    ['that is no JSON', '{"message":', {}],
    ['that is empty', '', {}],
    ['without the list', '{}', { many: 'data' }],
    ['with a list that is none', '{"data":{}}', { many: 'data' }],
  ])('is one %s', async (_what, body, more) => {
    expect(await read({ body }, more)).toMatchObject({ status: 400, receipts: 'refused' });
  });

  it('is one above 64 KiB, of which no more is read', async () => {
    expect((await read({ body: DELIVERED.padEnd(65_536) })).status).toBe(200);
    expect((await read({ body: DELIVERED.padEnd(65_537) })).status).toBe(413);
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1024));
      },
    });
    expect((await read({ body: endless })).status).toBe(413);
    expect(pulled).toBeLessThan(70);
  });

  it('is not read without the secret', async () => {
    let pulled = 0;
    const body = new ReadableStream({ pull: () => void (pulled += 1) }, { highWaterMark: 0 });
    expect((await read({ body, secret: null })).status).toBe(401);
    expect(pulled).toBe(0);
  });
});

it('has no reader if the provider sends no receipts', () => {
  expect(httpSmsRoute(optionsFor('https://sms.example.in/')).readReceipts).toBeUndefined();
});
