/** Who may control the sandbox, over real HTTP. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIssuer } from '@verified-mobile/issuer';
import { type RunningServer, serve } from '@verified-mobile/issuer/node';
import { createSandbox } from '@verified-mobile/issuer/sandbox';
import { type Answer, goodOptions } from './support/issuer-under-test.ts';

const PUBLIC_URL = 'https://sandbox.example.in';
const JSON_TYPE = { 'content-type': 'application/json' };
const PATHS = ['/sandbox/messages', '/sandbox/events', '/sandbox/clock', '/sandbox/reset'];

let server: RunningServer;
let close: () => Promise<void>;
beforeEach(async () => {
  const sandbox = createSandbox({ publicUrl: PUBLIC_URL });
  server = await serve(sandbox.fetch, { port: 0, hostname: '127.0.0.1' });
  close = async () => {
    await sandbox.close();
    await server.close();
  };
});
afterEach(async () => close());

interface Said {
  status: number;
  message: string | undefined;
}

async function post(path: string, headers: Record<string, string>, body = ''): Promise<Said> {
  // Not fetch: it keeps Host, Origin and Sec-Fetch-Site to itself.
  const outgoing = request(server.url + path, { method: 'POST', headers, agent: false });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const text = (await incoming.toArray()).join('');
  return { status: incoming.statusCode!, message: (JSON.parse(text) as Answer).message };
}

describe('POST /sandbox/clock', () => {
  it.each([
    ['', 400, 'The body must be a JSON object, such as { "advanceSeconds": 60 }.'],
    ['[60]', 400, 'The body must be a JSON object, such as { "advanceSeconds": 60 }.'],
    ['{', 400, 'The body must be a JSON object, such as { "advanceSeconds": 60 }.'],
    ['{}', 400, 'advanceSeconds is missing: it must be a whole number from 1 to 86400.'],
    ['{"advanceSeconds":0}', 400, 'advanceSeconds must be a whole number from 1 to 86400.'],
    ['{"advanceSeconds":-60}', 400, 'advanceSeconds must be a whole number from 1 to 86400.'],
    ['{"advanceSeconds":86401}', 400, 'advanceSeconds must be a whole number from 1 to 86400.'],
    ['{"advanceSeconds":1.5}', 400, 'advanceSeconds must be a whole number from 1 to 86400.'],
    ['{"advanceSeconds":1e999}', 400, 'advanceSeconds must be a whole number from 1 to 86400.'],
    ['{"advanceSeconds":"60"}', 400, 'advanceSeconds must be a whole number from 1 to 86400.'],
    ['{"advanceSeconds":null}', 400, 'advanceSeconds must be a whole number from 1 to 86400.'],
    [`{"advanceSeconds":60,"more":"${'x'.repeat(16 * 1024)}"}`, 413, 'The body is larger than 16 KiB.'],
  ])('refuses %s', async (body, status, message) => {
    expect(await post('/sandbox/clock', JSON_TYPE, body)).toEqual({ status, message });
    expect(await post('/sandbox/clock', JSON_TYPE, '{"advanceSeconds":1}')).toMatchObject({ status: 200 });
  });
});

describe.each(['/sandbox/clock', '/sandbox/reset'])('POST %s', (path) => {
  const body = '{"advanceSeconds":1}';
  const own = (): Record<string, string> => ({ ...JSON_TYPE, origin: server.url, 'sec-fetch-site': 'same-origin' });

  it('takes programs, the page at its public URL, and the page on the loopback address it was opened at', async () => {
    for (const headers of [JSON_TYPE, { ...JSON_TYPE, origin: PUBLIC_URL }, own()]) {
      expect(await post(path, headers, body)).toMatchObject({ status: 200 });
    }
  });

  it.each([
    ['a page of another site', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['a page of another site, by an old browser', { origin: 'https://evil.test' }],
    ['a page on another port of this machine', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['a page without an origin of its own', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['a page that hides its origin', { 'sec-fetch-site': 'cross-site' }],
    [
      'a page whose name was made to lead to this machine',
      { host: 'evil.test:4000', origin: 'http://evil.test:4000', 'sec-fetch-site': 'same-origin' },
    ],
  ])('refuses %s', async (_who, headers) => {
    const refused = { status: 403, message: 'Another web page must not control the sandbox.' };
    expect(await post(path, { ...JSON_TYPE, ...headers }, body)).toEqual(refused);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'refuses %s, which any page may send without asking',
    async (type) => {
      const refused = { status: 415, message: 'Wrong content-type. Send application/json.' };
      expect(await post(path, { 'content-type': type }, body)).toEqual(refused);
      expect(await post(path, {}, body)).toEqual(refused);
    },
  );
});

it('gives no other page leave to read or to post, not even to one that asks first', async () => {
  const asking = {
    origin: 'https://evil.test',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  };
  const seen: unknown[] = [];
  for (const path of PATHS) {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const response = await fetch(server.url + path, { method, headers: asking });
      await response.body?.cancel();
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(response.headers.get('cache-control')).toBe('no-store');
      seen.push(`${method} ${path} ${response.status}`);
    }
  }
  expect(seen).toEqual([
    'GET /sandbox/messages 200',
    'POST /sandbox/messages 405',
    'OPTIONS /sandbox/messages 405',
    'GET /sandbox/events 200',
    'POST /sandbox/events 405',
    'OPTIONS /sandbox/events 405',
    'GET /sandbox/clock 405',
    'POST /sandbox/clock 403',
    'OPTIONS /sandbox/clock 405',
    'GET /sandbox/reset 405',
    'POST /sandbox/reset 403',
    'OPTIONS /sandbox/reset 405',
  ]);
});

describe.each(['production', 'sandbox'] as const)('an issuer that is no sandbox, of environment %s', (environment) => {
  it('has none of these URLs', async () => {
    const { fetch: ask, owns } = createIssuer({ ...goodOptions(), environment });
    for (const path of ['/', ...PATHS]) {
      expect(owns(path)).toBe(false);
      for (const method of ['GET', 'POST']) {
        const asked = new Request(`https://otp.test${path}`, { method, headers: JSON_TYPE });
        expect((await ask(asked)).status).toBe(404);
      }
    }
  });
});
