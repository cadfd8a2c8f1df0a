import { secretKeyFor, signedHeaders } from '@verified-mobile/client';
import { expect, it } from 'vitest';
import {
  BANK,
  issuerUnderTest,
  OTP_URL,
  sendBody,
  SHOP,
  START,
  validateUrl,
  VERIFY_URL,
} from './support/issuer-under-test.ts';

const ACCESS_KEY = 'shop-access-key-1';
const WRONG_KEY =
  'developer_key or secret-key is wrong. secret-key is standard base64 of HMAC-SHA256 over secret-key-timestamp, ' +
  'keyed with the base64 text of the access key.';
const good = signedHeaders({ developerKey: 'shop-developer-key', accessKey: ACCESS_KEY }, START);

it('lets a signed request through', async () => {
  expect((await post(good)).status).toBe(200);
});

it.each<[string, Record<string, string | undefined>, string]>([
  [
    'no developer_key',
    { developer_key: undefined },
    'The header developer_key is missing. Spell it with an underscore; nginx drops it unless underscores_in_headers is on.',
  ],
  [
    'developer_key misspelt with a hyphen',
    { developer_key: undefined, 'developer-key': SHOP.developerKey },
    'The header developer_key is missing. Spell it with an underscore; nginx drops it unless underscores_in_headers is on.',
  ],
  ['no secret-key', { 'secret-key': undefined }, 'The header secret-key is missing.'],
  ['no secret-key-timestamp', { 'secret-key-timestamp': undefined }, 'The header secret-key-timestamp is missing.'],
  [
    'a timestamp in seconds',
    signedAt('1779445744'),
    'secret-key-timestamp must be milliseconds since the epoch (13 digits).',
  ],
  [
    'a timestamp in hexadecimal',
    signedAt('0x19e4ef2c60a'),
    'secret-key-timestamp must be milliseconds since the epoch (13 digits).',
  ],
  [
    'a timestamp with a sign',
    signedAt(`+${START}`),
    'secret-key-timestamp must be milliseconds since the epoch (13 digits).',
  ],
  [
    'a timestamp in other digits',
    { 'secret-key-timestamp': encodeURIComponent('١٢٣') },
    'secret-key-timestamp must be milliseconds since the epoch (13 digits).',
  ],
  ['a timestamp that is not the one signed', { 'secret-key-timestamp': String(START + 1) }, WRONG_KEY],
  ['an unknown developer_key', { developer_key: 'unknown' }, WRONG_KEY],
  ["another account's developer_key", { developer_key: BANK.developerKey }, WRONG_KEY],
  ['a wrong secret-key', { 'secret-key': secretKeyFor('another-access-key', String(START)) }, WRONG_KEY],
  ['a secret-key of another length', { 'secret-key': 'x' }, WRONG_KEY],
  [
    'a secret-key in hexadecimal',
    { 'secret-key': Buffer.from(good['secret-key'] ?? '', 'base64').toString('hex') },
    WRONG_KEY,
  ],
  ['the access key itself', { 'secret-key': ACCESS_KEY }, WRONG_KEY],
])('answers 403 to %s, and names the cause', async (_, changes, message) => {
  const response = await post({ ...good, ...changes });
  expect(response.status).toBe(403);
  expect(await response.text()).toBe(
    JSON.stringify({ status: 1, response_status_id: 1, response_type_id: -1, message }),
  );
});

it.each([-300_000, 300_000])('accepts a timestamp %i ms from the clock', async (difference) => {
  expect((await post({ ...good, ...signedAt(String(START + difference)) })).status).toBe(200);
});

it.each([-300_001, 300_001])('refuses a timestamp %i ms from the clock', async (difference) => {
  const response = await post({ ...good, ...signedAt(String(START + difference)) });
  expect(response.status).toBe(403);
  expect(await response.text()).toContain("secret-key-timestamp is more than 300 seconds from this server's time.");
});

it('measures the window that it was given', async () => {
  const issuer = issuerUnderTest({ timestampWindowSeconds: 10 });
  const ages = [10_000, 10_001].map(async (age) => {
    const headers = signedHeaders({ developerKey: SHOP.developerKey, accessKey: ACCESS_KEY }, START - age);
    return (await issuer.fetch(new Request(validateUrl('x', SHOP.initiatorId), { headers }))).status;
  });
  expect(await Promise.all(ages)).toEqual([200, 403]);
});

it.each(BANK.accessKeys)('accepts either live access key (%s)', async (accessKey) => {
  const headers = signedHeaders({ developerKey: BANK.developerKey, accessKey }, START);
  expect((await post(headers)).status).toBe(200);
});

it('guards all three calls', async () => {
  const issuer = issuerUnderTest();
  const requests = [
    new Request(OTP_URL, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
    new Request(VERIFY_URL, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' }),
    new Request(validateUrl('x', SHOP.initiatorId)),
  ];
  const statuses = await Promise.all(requests.map(async (request) => (await issuer.fetch(request)).status));
  expect(statuses).toEqual([403, 403, 403]);
});

it('signs as the published golden vector does', async () => {
  const account = { ...SHOP, accessKeys: ['TEST_ACCESS_KEY_DO_NOT_USE'] };
  const issuer = issuerUnderTest({ accounts: [account], clock: () => 1_700_000_000_000 });
  const response = await issuer.fetch(
    new Request(validateUrl('x', SHOP.initiatorId), {
      headers: {
        developer_key: SHOP.developerKey,
        'secret-key': 'u30ak/iOGwKCaspqCeiYng8fd98QDx7kF3DBBOadQHk=',
        'secret-key-timestamp': '1700000000000',
      },
    }),
  );
  expect(response.status).toBe(200);
});

function signedAt(timestamp: string): Record<string, string> {
  return { 'secret-key': secretKeyFor(ACCESS_KEY, timestamp), 'secret-key-timestamp': timestamp };
}

async function post(headers: Record<string, string | undefined>): Promise<Response> {
  const given = Object.entries({ 'content-type': 'application/json', ...headers }).filter(
    (header): header is [string, string] => header[1] !== undefined,
  );
  return issuerUnderTest().fetch(
    new Request(OTP_URL, { method: 'POST', headers: given, body: JSON.stringify(sendBody()) }),
  );
}
