/** The bytes that a provider gets, and that nothing in an SMS can change what they mean. */
import { createHash } from 'node:crypto';
import type { SmsMessage, SmsResult } from '@verified-mobile/issuer';
import { type HttpSmsOptions, httpSmsRoute, type JsonTemplate } from '@verified-mobile/issuer/http-sms';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { answerJson, answerText, optionsFor, type SeenRequest, SMS, startProvider } from './support/sms-provider.ts';

const ACCEPTS = answerJson(200, { state: 'queued', id: 'm-1' });
const SECRET = 'k3y-of-the-provider';

async function sent(
  more: Partial<HttpSmsOptions>,
  message: Partial<SmsMessage> = {},
): Promise<{ result: SmsResult; requests: readonly SeenRequest[]; request: SeenRequest }> {
  const provider = await startProvider(ACCEPTS);
  const route = httpSmsRoute(optionsFor(provider.url, { json: undefined, ...more }));
  onTestFinished(async () => route.close?.());
  const result = await route.send({ ...SMS, ...message }, { signal: new AbortController().signal });
  return { result, requests: provider.requests, request: provider.requests[0]! };
}

/** Everything that could end a value, begin another one, or be filled in once more. */
const HOSTILE =
  '134021 to "pay","to":"+919999999999"} &to=%2B919999999999;to=1 {{dlt.entityId}} ${API_KEY} {"env":"API_KEY"} <b>\r\nX-To: 1\u2028₹é\u0000😀\\';

describe('the request', () => {
  it('is JSON with every placeholder in its place, and numbers and switches as they are', async () => {
    const json: JsonTemplate = {
      a: ['{{to}}', '{{to.national}}', '{{to.digits}}'],
      text: '{{ text }}',
      about: '{{challengeId}}/{{purpose}}/{{expiresInSeconds}}',
      dlt: { pe: '{{dlt.entityId}}', header: '{{dlt.header}}', id: '{{dlt.headerId}}', template: '{{dlt.templateId}}' },
      more: ['{{dlt.category}}', 1, 1.5, true, null, {}, []],
    };
    const { request, result } = await sent({ json });
    expect(result).toEqual({ outcome: 'accepted', messageId: 'm-1' });
    expect(request.body).toBe(
      '{"a":["+919002336768","9002336768","919002336768"],' +
        '"text":"134021 is the OTP to verify your mobile number.\\n- Example Shop",' +
        '"about":"challenge-1/mobile-verification/300",' +
        '"dlt":{"pe":"1201160000000012345","header":"EXSHOP","id":"1205160000000012345","template":"1207160000000012345"},' +
        '"more":["service-implicit",1,1.5,true,null,{},[]]}',
    );
    expect(request).toMatchObject({ method: 'POST', path: '/send' });
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(request.body)),
      'user-agent': 'verified-mobile-issuer',
    });
    expect(request.headers['transfer-encoding']).toBeUndefined();
  });

  it('is a form', async () => {
    const { request } = await sent({ form: { To: '{{to}}', Body: '{{text}}' } });
    expect(request.body).toBe(
      'To=%2B919002336768&Body=134021+is+the+OTP+to+verify+your+mobile+number.%0A-+Example+Shop',
    );
    expect(request.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  it.each(['GET', 'POST'] as const)('is a query, by %s, behind what the URL has', async (method) => {
    const provider = await startProvider(ACCEPTS);
    const options = {
      json: undefined,
      method,
      url: `${provider.url}?v=1#x`,
      query: { to: '{{to}}', text: 'a b&{{text}}' },
    };
    const route = httpSmsRoute(optionsFor(provider.url, options));
    onTestFinished(async () => route.close?.());
    await route.send({ ...SMS, text: '1=2' }, { signal: new AbortController().signal });
    expect(provider.requests).toMatchObject([
      { method, path: '/send?v=1&to=%2B919002336768&text=a+b%261%3D2', body: '' },
    ]);
  });

  it('has the headers, credentials and variables of the options', async () => {
    const { request } = await sent({
      json: { key: { env: 'API_KEY' }, text: 'key ${API_KEY}' },
      headers: {
        'X-Key': '${API_KEY}',
        'X-About': '{{dlt.header}} {{to.national}}',
        'Content-Type': 'application/vnd.sms+json',
      },
      basicAuth: { username: 'shop', password: { env: 'API_KEY' } },
      idempotencyHeader: 'X-Once',
      variables: { API_KEY: SECRET },
    });
    expect(request.headers).toMatchObject({
      'x-key': SECRET,
      'x-about': 'EXSHOP 9002336768',
      'content-type': 'application/vnd.sms+json',
      authorization: `Basic ${Buffer.from(`shop:${SECRET}`).toString('base64')}`,
      'x-once': 'challenge-1',
    });
    expect(JSON.parse(request.body)).toEqual({ key: SECRET, text: `key ${SECRET}` });
  });

  it('has the chain hash of entity and telemarketers', async () => {
    const { request } = await sent({ json: ['{{dlt.chainHash}}'], telemarketerIds: ['1302', '1303'] });
    const hash = createHash('sha256').update('1201160000000012345,1302,1303').digest('hex');
    expect(JSON.parse(request.body)).toEqual([hash]);
  });

  it('names no time that has passed', async () => {
    const { request } = await sent({ json: ['{{expiresInSeconds}}'] }, { expiresAt: 0 });
    expect(request.body).toBe('["0"]');
  });
});

describe('a payee that was chosen to break the request', () => {
  it('is one JSON string', async () => {
    const { request } = await sent(
      { json: { to: '{{to}}', text: '{{text}}' }, variables: { API_KEY: SECRET } },
      { text: HOSTILE },
    );
    expect(JSON.parse(request.body)).toEqual({ to: '+919002336768', text: HOSTILE });
    expect(request.body).not.toContain(SECRET);
  });

  it('is one field of a form', async () => {
    const { request } = await sent({ form: { to: '{{to}}', text: '{{text}}' } }, { text: HOSTILE });
    expect([...new URLSearchParams(request.body)]).toEqual([
      ['to', '+919002336768'],
      ['text', HOSTILE],
    ]);
    expect(request.headers['x-to']).toBeUndefined();
  });

  it('is one parameter of a query', async () => {
    const { request } = await sent({ query: { to: '{{to}}', text: '{{text}}' } }, { text: HOSTILE });
    expect([...new URL(request.path, 'http://x').searchParams]).toEqual([
      ['to', '+919002336768'],
      ['text', HOSTILE],
    ]);
  });
});

describe('an SMS that the request cannot be made from is refused, and nothing is sent', () => {
  const { dlt: _, ...unregistered } = SMS;
  const { headerId: __, ...withoutHeaderId } = SMS.dlt!;
  const REFUSED = { outcome: 'refused', reason: 'message' };

  it.each(['entityId', 'header', 'headerId', 'templateId', 'category'])('without DLT for dlt.%s', async (name) => {
    const provider = await startProvider(ACCEPTS);
    const route = httpSmsRoute(optionsFor(provider.url, { json: [`{{dlt.${name}}}`] }));
    const signal = new AbortController().signal;
    expect(await route.send(unregistered, { signal })).toEqual(REFUSED);
    expect(await route.send(SMS, { signal })).toMatchObject({ outcome: 'accepted' });
    expect(provider.requests).toHaveLength(1);
    await route.close?.();
  });

  it.each<readonly [string, Partial<HttpSmsOptions>, Partial<SmsMessage>]>([
    ['without the id of its header', { json: ['{{dlt.headerId}}'] }, { dlt: withoutHeaderId }],
    ['to another country, as ten digits', { json: ['{{to.national}}'] }, { to: '+12025550123' }],
    [
      'with two lines for a header',
      { json: [], headers: { x: '{{dlt.header}}' } },
      { dlt: { ...SMS.dlt!, header: 'A\r\nX: Y' } },
    ],
    [
      'with a letter that no header has',
      { json: [], headers: { x: '{{dlt.header}}' } },
      { dlt: { ...SMS.dlt!, header: '₹' } },
    ],
  ])('%s', async (_what, more, message) => {
    const { result, requests } = await sent(more, message);
    expect(result).toEqual(REFUSED);
    expect(requests).toEqual([]);
  });
});

it('says nothing of secrets and SMS on standard error or to onFault, whatever the provider repeats', async () => {
  const written: string[] = [];
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  onTestFinished(() => stderr.mockRestore());
  const provider = await startProvider(() => {});
  const options: Partial<HttpSmsOptions> = { headers: { 'x-key': '${API_KEY}' }, variables: { API_KEY: SECRET } };
  const routes = [httpSmsRoute(optionsFor(provider.url, options))];
  const told: unknown[] = [];
  routes.push(
    httpSmsRoute(optionsFor(provider.url, { ...options, onFault: (error) => told.push(error.message, error.cause) })),
  );
  const echo = `${SECRET} ${SMS.to} ${SMS.text}`;
  const headers = {
    'content-type': `text/${SECRET} 134021`,
    location: `https://x.example/${SECRET}/134021?a=${SECRET}`,
  };
  for (const status of [200, 302, 400, 401, 404, 409, 500]) {
    provider.answerWith(answerText(status, JSON.stringify({ error: { code: echo } }), headers));
    for (const route of routes) await route.send(SMS, { signal: new AbortController().signal });
  }
  await Promise.all(routes.map(async (route) => route.close?.()));
  expect(written.length).toBeGreaterThan(4);
  expect(written.join('')).toMatch(/^verified-mobile issuer: Route example: /);
  expect(written.join('') + JSON.stringify(told)).not.toMatch(/9002336768|134021/);
  expect(written.join('') + JSON.stringify(told)).not.toContain(SECRET);
});
