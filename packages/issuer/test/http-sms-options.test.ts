import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IssuerError } from '@verified-mobile/issuer';
import { httpSmsRoute } from '@verified-mobile/issuer/http-sms';
import { describe, expect, it, onTestFinished } from 'vitest';
import { optionsFor } from './support/sms-provider.ts';

const URL = 'https://sms.example.in/send';
const SECRET = 'a-secret-of-the-provider';
const RECEIPTS = {
  secret: SECRET,
  in: 'query',
  name: 'secret',
  messageId: 'id',
  status: 'status',
  statuses: { DELIVRD: 'delivered' },
} as const;

const build = (more: object): unknown => httpSmsRoute({ ...optionsFor(URL), ...more });

describe('options that are refused when the route is built, by the path of the wrong one', () => {
  it.each<readonly [string, object, string]>([
    ['an unknown option', { bodyTemplate: '' }, 'httpSmsRoute has no option bodyTemplate'],
    ['a name with capitals', { name: 'Exotel' }, 'name must be 1 to 32'],
    ['a name of 33 letters', { name: 'x'.repeat(33) }, 'name must be 1 to 32'],
    ['http elsewhere', { url: 'http://sms.example.in/send' }, 'url must be an https URL'],
    [
      'http at a name that begins like a loopback address',
      { url: 'http://127.0.0.1.example.in/' },
      'url must be an https',
    ],
    ['another scheme', { url: 'file:///etc/passwd' }, 'url must be an https URL'],
    ['no URL', { url: 'sms.example.in' }, 'url must be an https URL'],
    ['credentials in the URL', { url: 'https://me:secret@sms.example.in/' }, 'url holds credentials. Use basicAuth'],
    ['a placeholder in the URL', { url: `${URL}/{{to}}` }, 'url is the same for every SMS'],
    ['an unknown method', { method: 'DELETE' }, 'method must be POST, PUT or GET'],
    ['GET with a body', { method: 'GET' }, 'method GET takes a query'],
    ['two bodies', { form: { a: 'b' } }, 'Set one of json, form and query'],
    ['no body', { json: undefined }, 'Set one of json, form and query'],
    [
      'an unknown placeholder',
      { json: { to: '{{mobile}}' } },
      'json.to: there is no placeholder {{mobile}}. There are to, to.national',
    ],
    ['one that is inherited', { json: { to: '{{constructor}}' } }, 'no placeholder {{constructor}}'],
    ['an unknown one deep down', { json: { sms: [{ to: ['{{too}}'] }] } }, 'json.sms.0.to.0: there is no placeholder'],
    ['half a placeholder', { json: { to: '{{to' } }, 'json.to has braces that are no placeholder'],
    ['half a variable', { json: { to: '${SMS_KEY' } }, 'json.to has braces that are no placeholder'],
    ['a form with a number', { json: undefined, form: { a: 5 } }, 'form.a must be a text'],
    ['a body that is no JSON', { json: { at: undefined } }, 'json.at must be JSON'],
    [
      'a variable that is missing',
      { headers: { key: '${NO_SUCH_KEY}' } },
      'headers.key needs the environment variable NO_SUCH_KEY, or NO_SUCH_KEY_FILE',
    ],
    [
      'the same as an object',
      { headers: { key: { env: 'NO_SUCH_KEY' } } },
      'headers.key needs the environment variable NO_SUCH_KEY',
    ],
    ['a variable with a strange name', { headers: { key: '${A B}' } }, 'headers.key must name an environment variable'],
    ['a header name with a blank', { headers: { 'x y': 'a' } }, 'headers must hold names of headers'],
    [
      'a header that says how the body arrives',
      { headers: { 'Content-Length': '3' } },
      'headers: content-length is set for you',
    ],
    ['a header over two lines', { headers: { key: 'a\nb: c' } }, 'headers.key must be printable ASCII on one line'],
    ['the text in a header', { headers: { text: '{{text}}' } }, 'headers.text: {{text}} has line feeds'],
    [
      'two authorizations',
      { headers: { Authorization: 'x' }, basicAuth: { username: 'a', password: 'b' } },
      'headers: basicAuth sets authorization',
    ],
    [
      'a user with a colon',
      { basicAuth: { username: 'a:b', password: 'c' } },
      'basicAuth.username must not hold a colon',
    ],
    ['half of the credentials', { basicAuth: { username: 'a' } }, 'basicAuth.password must be a text'],
    [
      'more than the credentials',
      { basicAuth: { username: 'a', password: 'b', realm: 'c' } },
      'basicAuth takes username and password',
    ],
    ['an idempotency header that is none', { idempotencyHeader: ' ' }, 'idempotencyHeader must hold names of headers'],
    [
      'a chain hash without telemarketers',
      { json: { hash: '{{dlt.chainHash}}' } },
      'telemarketerIds must be a list of ids',
    ],
    ['telemarketers without a chain hash', { telemarketerIds: ['1302'] }, 'telemarketerIds is set, and nothing holds'],
    [
      'telemarketers with a comma',
      { telemarketerIds: ['1302,1303'], json: ['{{dlt.chainHash}}'] },
      'telemarketerIds must be a list of ids in digits',
    ],
    ['nothing accepted', { accepted: undefined }, 'accepted must be an object'],
    ['a misspelt condition', { accepted: { equals: 'x' } }, 'accepted has no option equals'],
    [
      'a status alone',
      { accepted: { status: [200] }, messageId: undefined },
      'accepted must say what a good answer holds',
    ],
    [
      'an accepted redirect',
      { accepted: { status: [302], anyBody: true } },
      'accepted.status must be a list of HTTP statuses from 200 to 299',
    ],
    [
      'two conditions',
      { accepted: { path: 'a', oneOf: ['b'], pattern: 'c' } },
      'accepted takes one of path and pattern',
    ],
    ['a path without values', { accepted: { path: 'a' } }, 'accepted.oneOf must be a list'],
    ['values without a path', { accepted: { oneOf: ['a'] } }, 'accepted.oneOf needs accepted.path'],
    ['a body that does not matter a little', { accepted: { anyBody: 'yes' } }, 'accepted.anyBody must be true'],
    ['a pattern that is none', { accepted: { pattern: '(' } }, 'accepted.pattern must be a regular expression'],
    ['a path that is none', { messageId: 'messages..id' }, 'messageId must be a path into the JSON'],
    ['a misspelt list', { refused: { code: 'a', retry: [] } }, 'refused has no option retry'],
    ['codes without a place', { refused: { throttled: ['17'] } }, 'refused.code is missing'],
    ['a status below 400', { refused: { message: [200] } }, 'refused.message must hold HTTP statuses from 400'],
    ['a code in two lists', { refused: { code: 'a', throttled: ['17'], message: ['17'] } }, 'refused names "17" twice'],
    ['no time', { timeoutMs: 0 }, 'timeoutMs must be a whole number from 1 to 30000'],
    [
      'too much time to connect',
      { connectTimeoutMs: 30_001 },
      'connectTimeoutMs must be a whole number from 1 to 30000',
    ],
    ['a window of 1001', { window: 1001 }, 'window must be a whole number from 1 to 1000'],
    ['a clock that is none', { clock: 5 }, 'clock must be a function'],
    ['a listener that is none', { onFault: 'log' }, 'onFault must be a function'],
    ['a misspelt receipt option', { receipts: { ...RECEIPTS, path: 'a' } }, 'receipts has no option path'],
    [
      'a short secret of receipts',
      { receipts: { ...RECEIPTS, secret: 'x'.repeat(15) } },
      'receipts.secret must have at least 16',
    ],
    ['a secret nowhere', { receipts: { ...RECEIPTS, in: 'body' } }, 'receipts.in must be header or query'],
    ['receipts in no form', { receipts: { ...RECEIPTS, from: 'xml' } }, 'receipts.from must be json, form or query'],
    [
      'a list in a form',
      { receipts: { ...RECEIPTS, from: 'form', many: 'a' } },
      'receipts.many needs receipts.from json',
    ],
    [
      'an unknown meaning',
      { receipts: { ...RECEIPTS, statuses: { X: 'sent' } } },
      'receipts.statuses.X must be one of accepted, delivered',
    ],
    ['no meanings', { receipts: { ...RECEIPTS, statuses: {} } }, 'receipts.statuses must say'],
    [
      'an answer that refuses',
      { receipts: { ...RECEIPTS, answer: { status: 400 } } },
      'receipts.answer.status must be a whole number from 200 to 299',
    ],
  ])('%s', (_what, more, message) => {
    const act = (): unknown => build(more);
    expect(act).toThrow(IssuerError);
    expect(act).toThrow(message);
  });

  it.each([
    ['the loopback address', { url: 'http://127.0.0.1:4010/send' }],
    ['localhost', { url: 'http://localhost/send' }],
    ['the loopback address of IPv6', { url: 'http://[::1]:4010/send' }],
    ['a name of 32 letters', { name: 'x'.repeat(32) }],
    ['the longest time', { timeoutMs: 30_000, connectTimeoutMs: 30_000 }],
    ['the widest window', { window: 1_000 }],
    ['a secret of 16 characters', { receipts: { ...RECEIPTS, secret: 'x'.repeat(16) } }],
    ['an authorization of its own', { headers: { Authorization: 'Key x' } }],
  ])('and %s is taken', (_what, more) => {
    expect(build(more)).toMatchObject({ send: expect.any(Function) as unknown });
  });
});

describe('secrets', () => {
  const inFile = (text: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'http-sms-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'key'), text);
    return join(folder, 'key');
  };

  it('are in no error about an option that holds them', () => {
    const broken = [
      { url: 'https://${KEY}@sms.example.in/' },
      { url: '${KEY}' },
      { headers: { 'x-key': '${KEY}\n' } },
      { headers: { 'x-key': '{{nothing}}${KEY}' } },
      { basicAuth: { username: ':${KEY}', password: { env: 'KEY' } } },
      { receipts: { ...RECEIPTS, secret: { env: 'KEY' }, in: 'body' } },
    ];
    for (const more of broken) {
      let thrown: unknown;
      try {
        build({ ...more, variables: { KEY: SECRET } });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(IssuerError);
      expect(JSON.stringify([String(thrown), (thrown as Error).stack, (thrown as Error).cause])).not.toContain(SECRET);
    }
  });

  it('may be in a file, and not in two places', () => {
    const path = inFile('a-key\n');
    expect(build({ headers: { key: '${KEY}' }, variables: { KEY_FILE: path } })).toBeDefined();
    expect(() => build({ headers: { key: '${KEY}' }, variables: { KEY_FILE: path, KEY: 'x' } })).toThrow(
      'Set KEY or KEY_FILE',
    );
    expect(() => build({ headers: { key: '${KEY}' }, variables: { KEY_FILE: `${path}x` } })).toThrow(
      'KEY_FILE names a file',
    );
  });
});
