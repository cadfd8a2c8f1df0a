/** Routes that settings choose. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SmsReceipt, SmsRoute } from '@verified-mobile/issuer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenRoutes, openRoutes } from '../src/command/open-routes.ts';
import { describeRoutes, readRouteSettings, type RouteSettings } from '../src/command/sms-routes.ts';
import { withInbox } from '../src/command/sandbox-inbox.ts';
import { createInbox } from '../src/sandbox/inbox.ts';
import { issuerUnderTest } from './support/issuer-under-test.ts';
import { optionsFor, SMS } from './support/sms-provider.ts';

const { variables: _, clock: __, ...HTTP } = optionsFor('https://sms.example.in/send');
const signal = new AbortController().signal;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'sms-routes-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function settingsOf(routes: unknown, environment?: 'sandbox'): readonly RouteSettings[] {
  const get = (name: string): string | undefined => (name === 'ISSUER_SMS_ROUTES' ? JSON.stringify(routes) : undefined);
  return readRouteSettings(get, environment);
}

async function opened(routes: readonly object[], variables = {}, workingDirectory = folder): Promise<OpenRoutes> {
  return openRoutes(settingsOf(routes, 'sandbox'), { variables, onFault: () => {}, workingDirectory });
}

function moduleWith(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** A folder in which the package for SMPP is installed, with this source. */
function installed(source: string): string {
  const app = mkdtempSync(join(folder, 'app-'));
  const home = join(app, 'node_modules', '@verified-mobile', 'smpp');
  mkdirSync(home, { recursive: true });
  const manifest = { name: '@verified-mobile/smpp', type: 'module', exports: { '.': { default: './index.js' } } };
  writeFileSync(join(home, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(home, 'index.js'), source);
  return app;
}

describe('the setting', () => {
  it.each<readonly [string, unknown, string]>([
    ['no list', {}, 'ISSUER_SMS_ROUTES must be a JSON list of routes.'],
    ['an empty list', [], 'ISSUER_SMS_ROUTES must be a JSON list of routes.'],
    ['an entry that is none', [null], 'ISSUER_SMS_ROUTES, entry 1: name must be'],
    [
      'an entry without a name',
      [{ ...HTTP, kind: 'http' }, { kind: 'http' }],
      'ISSUER_SMS_ROUTES, entry 2: name must be',
    ],
    ['an unknown kind', [{ name: 'a', kind: 'smtp' }], 'entry 1: kind must be one of http, smpp, module, sandbox.'],
    [
      'a name twice',
      [
        { name: 'a', kind: 'http' },
        { name: 'a', kind: 'smpp' },
      ],
      'names a twice. Give each route',
    ],
    ['a sandbox in production', [{ name: 'a', kind: 'sandbox' }], 'needs ISSUER_ENVIRONMENT=sandbox.'],
  ])('is refused with %s', (_what, routes, message) => {
    expect(() => settingsOf(routes)).toThrow(message);
  });

  it('is refused beside its short form, and missed without either', () => {
    expect(() => readRouteSettings(() => '[]')).toThrow('Set ISSUER_SMS_ROUTES or ISSUER_SMS_MODULE, not both');
    expect(() => readRouteSettings(() => undefined)).toThrow('ISSUER_SMS_ROUTES is missing.');
    expect(() => readRouteSettings((name) => (name === 'ISSUER_SMS_ROUTES' ? '{secret' : undefined))).toThrow(
      /^ISSUER_SMS_ROUTES is not JSON\.$/,
    );
  });

  it('is summed up by names and kinds, and nothing that may be secret', () => {
    const routes = [
      { ...HTTP, name: 'one', kind: 'http' },
      { name: 'two', kind: 'smpp', password: 'x' },
      { name: 'three', kind: 'module', path: 'sms.mjs' },
    ];
    expect(describeRoutes(settingsOf(routes))).toBe('one (http), two (smpp), three (sms.mjs)');
  });
});

describe('routes', () => {
  it('keep the order of the list, and their windows', async () => {
    const path = moduleWith('function.mjs', 'export default async () => ({ outcome: "accepted", messageId: "m-1" });');
    const { routes, inbox } = await opened([
      { name: 'by-module', kind: 'module', path, window: 7 },
      { ...HTTP, name: 'by-http', kind: 'http', window: 9 },
    ]);
    expect(routes.map(({ name, window }) => [name, window])).toEqual([
      ['by-module', 7],
      ['by-http', 9],
    ]);
    expect(inbox).toBeUndefined();
    expect(await routes[0]!.send(SMS, { signal })).toEqual({ outcome: 'accepted', messageId: 'm-1' });
    await Promise.all(routes.map(async (route) => route.close?.()));
  });

  it('may be objects of a module, with a state of their own', async () => {
    const path = moduleWith(
      'route.mjs',
      `class Route {
         name = 'its-own'; window = 3; #sent = 0; closed = false;
         async send() { this.#sent += 1; return { outcome: 'accepted', messageId: String(this.#sent) }; }
         onReceipt(listener) { listener({ messageId: String(this.#sent), status: 'delivered' }); }
         async close() { this.closed = true; globalThis.closedRoute = this.name; }
       }
       export default new Route();`,
    );
    const { routes } = await opened([{ name: 'mine', kind: 'module', path }]);
    const route = routes[0]!;
    expect(route).toMatchObject({ name: 'mine', window: 3 });
    expect(await route.send(SMS, { signal })).toEqual({ outcome: 'accepted', messageId: '1' });
    const receipts: SmsReceipt[] = [];
    route.onReceipt?.((receipt) => receipts.push(receipt));
    expect(receipts).toEqual([{ messageId: '1', status: 'delivered' }]);
    await route.close?.();
    expect(Reflect.get(globalThis, 'closedRoute')).toBe('its-own');
  });

  it('of the package for SMPP are made with variables in place of their names', async () => {
    const app = installed(
      'export const smppRoute = (options) => ({ options, send: async () => ({ outcome: "accepted" }) });',
    );
    const entry = {
      name: 'operator',
      kind: 'smpp',
      window: 20,
      systemId: 'shop',
      password: { env: 'SMPP_KEY' },
      tlvs: [{ value: 'x${SMPP_KEY}' }],
      port: 2775,
      tls: false,
    };
    const { routes } = await opened([entry], { SMPP_KEY: 'k3y' }, app);
    const { options } = routes[0] as SmsRoute & { options: unknown };
    expect(options).toEqual({
      name: 'operator',
      window: 20,
      systemId: 'shop',
      password: 'k3y',
      tlvs: [{ value: 'xk3y' }],
      port: 2775,
      tls: false,
      onFault: expect.any(Function) as unknown,
    });
    await expect(opened([entry], {}, app)).rejects.toThrow(
      'ISSUER_SMS_ROUTES, route operator: password needs the environment variable SMPP_KEY',
    );
  });

  it.each([
    ['export const other = 1;', '@verified-mobile/smpp has no smppRoute(): npm install @verified-mobile/smpp@latest'],
    ['throw Object.assign(new Error("x"), { code: "ERR_X" });', '@verified-mobile/smpp cannot be loaded (ERR_X)'],
    [
      'export const smppRoute = () => { throw Object.assign(new Error("no windw"), { code: "invalid_configuration" }); };',
      'ISSUER_SMS_ROUTES, route a: no windw',
    ],
    ['export const smppRoute = () => ({});', 'smppRoute() of @verified-mobile/smpp must be a route'],
  ])('are not made by a package for SMPP that says %s', async (source, message) => {
    await expect(opened([{ name: 'a', kind: 'smpp' }], {}, installed(source))).rejects.toThrow(message);
  });

  it.each<readonly [string, object, string]>([
    ['a wrong option', { ...HTTP, kind: 'http', url: 'http://x.in' }, 'route a: url must be an https URL'],
    ['a misspelt option', { ...HTTP, kind: 'http', header: {} }, 'route a: httpSmsRoute has no option header'],
    [
      'an option that only code can give',
      { ...HTTP, kind: 'http', onFault: 'x' },
      'route a: onFault is an option of the library only',
    ],
    [
      'a secret that is missing',
      { ...HTTP, kind: 'http', headers: { k: '${NONE}' } },
      'route a: headers.k needs the environment variable NONE',
    ],
    ['a module without a path', { kind: 'module' }, 'route a: path must name a module'],
    [
      'a module with another option',
      { kind: 'module', path: 'x', file: 'y' },
      'route a: kind module has no option file',
    ],
    [
      'a module that is not there',
      { kind: 'module', path: '/nowhere.mjs' },
      'ISSUER_SMS_ROUTES, route a names a module that cannot be loaded',
    ],
    [
      'a module with a window of 0',
      { kind: 'module', path: 'PATH', window: 0 },
      'route a: window must be a whole number from 1 to 1000',
    ],
    [
      'a module that exports no transport',
      { kind: 'module', path: 'EMPTY' },
      'must be a route, { name, send }, or a function',
    ],
    ['a sandbox with options', { kind: 'sandbox', mobile: 'x' }, 'route a: kind sandbox has no option mobile'],
  ])('are refused with %s, by their name', async (_what, entry, message) => {
    const paths = {
      PATH: moduleWith('f.mjs', 'export default () => {};'),
      EMPTY: moduleWith('e.mjs', 'export default {};'),
    };
    const path = Reflect.get(entry, 'path') as keyof typeof paths;
    const route = { ...entry, name: 'a', ...(path in paths && { path: paths[path] }) };
    await expect(opened([route])).rejects.toThrow(message);
  });
});

it('are made from the example of the README', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, example] = /^## Routes\n.*?```json\n(.*?)```/ms.exec(readme)!;
  const path = moduleWith('spare-sms.mjs', 'export default async () => ({ outcome: "accepted" });');
  const routes = JSON.parse(example!.replace('./spare-sms.mjs', path)) as object[];
  const made = await opened(routes, { SMS_API_KEY: 'k3y' });
  expect(made.routes.map(({ name, window }) => [name, window])).toEqual([
    ['example', 50],
    ['spare', 10],
  ]);
});

describe('the inbox of a sandbox route', () => {
  const issuer = issuerUnderTest().nodes[0]!;
  const ask = async (url: string, { address = '127.0.0.1', headers = {}, method = 'GET' } = {}): Promise<Response> => {
    const inbox = createInbox(Date.now, () => {});
    await inbox.deliver(SMS, { signal });
    return withInbox(issuer, inbox).fetch(new Request(url, { headers, method }), { remoteAddress: address });
  };

  it('has the messages of each route of the kind', async () => {
    const { routes, inbox } = await opened([
      { name: 'a', kind: 'sandbox' },
      { name: 'b', kind: 'sandbox' },
    ]);
    for (const route of routes) await route.send(SMS, { signal });
    expect(inbox?.messages(SMS.to)).toHaveLength(2);
  });

  it.each([
    ['http://localhost:4000/sandbox/messages?mobile=9002336768', 1],
    ['http://127.0.0.1:4000/sandbox/messages', 1],
    ['http://[::1]:4000/sandbox/messages?mobile=9002336769', 0],
  ])('is answered at %s', async (url, count) => {
    const response = await ask(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(((await response.json()) as { messages: unknown[] }).messages).toHaveLength(count);
  });

  it('takes only a mobile', async () => {
    expect((await ask('http://localhost/sandbox/messages?mobile=12')).status).toBe(400);
  });

  it.each<readonly [string, string, Parameters<typeof ask>[1]]>([
    ['from another machine', 'http://localhost/sandbox/messages', { address: '192.0.2.1' }],
    ['by a name that leads here', 'http://rebound.example/sandbox/messages', {}],
    ['through a proxy', 'http://localhost/sandbox/messages', { headers: { 'x-forwarded-for': '127.0.0.1' } }],
    ['by another method', 'http://localhost/sandbox/messages', { method: 'POST' }],
  ])('is no page %s', async (_what, url, from) => {
    const response = await ask(url, from);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('134021');
  });

  it('leaves all else to the issuer', async () => {
    expect((await ask('http://localhost/health')).status).toBe(200);
    expect(withInbox(issuer, undefined)).toBe(issuer);
  });
});
