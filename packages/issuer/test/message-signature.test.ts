import { signedHeaders, signedMessageHeaders } from '@verified-mobile/client';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';
import {
  BANK,
  CONSUME_URL,
  issuerUnderTest,
  OTP_URL,
  sendBody,
  SHOP,
  START,
  VALIDATE_URL,
  validateUrl,
  VERIFY_URL,
} from './support/issuer-under-test.ts';
import {
  type Message,
  requestOf,
  signedMessage,
  STRICT,
  type StrictIssuer,
  strictIssuer,
  without,
} from './support/signed-messages.ts';

const USAGE_URL = `https://otp.test/ekoapi/v3/usage?initiator_id=${SHOP.initiatorId}`;
const WRONG = expect.stringMatching(/^secret-key-signature is wrong\./) as string;

async function answer(issuer: StrictIssuer, message: Message): Promise<[number, string]> {
  const response = await issuer.fetch(requestOf(message));
  return [response.status, ((await response.json()) as { message: string }).message];
}

const ROUTES: [string, string, string | undefined][] = [
  ['POST', OTP_URL, '{}'],
  ['PUT', VERIFY_URL, '{}'],
  ['GET', validateUrl('x', SHOP.initiatorId), undefined],
  ['HEAD', validateUrl('x', SHOP.initiatorId), undefined],
  ['POST', VALIDATE_URL, '{}'],
  ['POST', CONSUME_URL, '{}'],
  ['GET', USAGE_URL, undefined],
];

describe('an account that requires message signatures', () => {
  it.each(ROUTES)('is served when the message is signed, and only then: %s %s', async (method, url, body) => {
    const issuer = strictIssuer();
    const message = signedMessage(method, url, body);
    const published = await issuer.fetch(requestOf(without(message, 'secret-key-nonce', 'secret-key-signature')));
    expect([published.status, issuer.uses.length]).toEqual([403, 0]);
    expect((await issuer.fetch(requestOf(message))).status).toBe(200);
    expect((await issuer.fetch(requestOf(message))).status).toBe(403);
  });

  it('is told which header is missing', async () => {
    const issuer = strictIssuer();
    const message = signedMessage();
    const required = 'This account takes only requests with a message signature.';
    const missing = async (...names: string[]): Promise<string> =>
      (await answer(issuer, without(message, ...names)))[1];
    expect(await missing('secret-key-signature')).toBe(`The header secret-key-signature is missing. ${required}`);
    expect(await missing('secret-key-nonce')).toBe(`The header secret-key-nonce is missing. ${required}`);
    expect(await missing('secret-key')).toBe('The header secret-key is missing.');
  });

  it('signs the golden vector', async () => {
    const [developerKey, accessKey] = ['TEST_DEVELOPER_KEY', 'TEST_ACCESS_KEY_DO_NOT_USE'];
    const account = { ...STRICT, developerKey, accessKeys: [accessKey] };
    const clock = (): number => 1_700_000_000_000;
    const issuer = strictIssuer({ accounts: [account], clock, replayStore: isolatedMemoryReplayStore({ clock }) });
    const headers = {
      'content-type': 'application/json',
      developer_key: developerKey,
      'secret-key': 'u30ak/iOGwKCaspqCeiYng8fd98QDx7kF3DBBOadQHk=',
      'secret-key-timestamp': '1700000000000',
      'secret-key-nonce': 'AAAAAAAAAAAAAAAAAAAAAA',
      'secret-key-signature': 'fPRjOvshrPeXsqkEY+yjF7dUYb2wYgYVHV1R0qydFsg=',
    };
    const body = '{"initiator_id":"1234567891","mobile":"9002336768"}';
    const message = { method: 'POST', url: `${OTP_URL}?a=1`, body, headers };
    expect(await answer(issuer, message)).toEqual([200, 'csp_id is missing: it must be a string of ten digits.']);
  });

  it('may sign with either of its live access keys', async () => {
    const issuer = strictIssuer({ accounts: [{ ...BANK, requireMessageSignature: true }] });
    const body = JSON.stringify(sendBody(BANK));
    for (const accessKey of BANK.accessKeys) {
      const message = signedMessage('POST', OTP_URL, body, { account: BANK, accessKey });
      expect((await issuer.fetch(requestOf(message))).status).toBe(200);
    }
  });

  it.each<[string, (message: Message) => Message]>([
    ['method', ({ headers }) => ({ ...signedMessage('PUT', VERIFY_URL, '{}'), headers })],
    ['path', (message) => ({ ...message, url: VALIDATE_URL })],
    ['query', (message) => ({ ...message, url: `${OTP_URL}?a=1` })],
    ['empty query', (message) => ({ ...message, url: `${OTP_URL}?` })],
    ['body', (message) => ({ ...message, body: JSON.stringify({ ...sendBody(), mobile: '9812345670' }) })],
    ['spacing of the body', ({ body, ...message }) => ({ ...message, body: `${String(body)} ` })],
    [
      'time',
      ({ headers, ...message }) => ({
        ...message,
        headers: {
          ...headers,
          ...signedHeaders({ developerKey: SHOP.developerKey, accessKey: keyOf(SHOP) }, START + 1),
        },
      }),
    ],
    ['nonce', changing('secret-key-nonce', (nonce) => nonce.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')))],
    ['signature', changing('secret-key-signature', (mac) => mac.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')))],
    ['spelling of the signature', changing('secret-key-signature', (mac) => mac.replace(/=$/, ''))],
  ])('is refused if the %s is another one, and nothing is used up', async (_, tamper) => {
    const issuer = strictIssuer();
    const message = signedMessage();
    expect(await answer(issuer, tamper(message))).toEqual([403, WRONG]);
    expect([issuer.uses, issuer.sms]).toEqual([[], []]);
    expect((await answer(issuer, message))[0]).toBe(200);
  });

  it('is not confused by a body that reads the same', async () => {
    const issuer = strictIssuer();
    const message = signedMessage('POST', OTP_URL, '{"initiator_id":"\uFFFD"}');
    const [start, end] = [Buffer.from('{"initiator_id":"'), Buffer.from('"}')];
    const body = Uint8Array.from(Buffer.concat([start, Buffer.from([0xff]), end]));
    expect(await answer(issuer, { ...message, body })).toEqual([403, WRONG]);
    expect((await answer(issuer, message))[0]).toBe(200);
  });

  it("is refused with another account's key, and with another account's signature, even if their keys are the same", async () => {
    const twin = { ...BANK, accessKeys: SHOP.accessKeys, requireMessageSignature: true };
    const issuer = strictIssuer({ accounts: [STRICT, twin] });
    const own = signedHeaders({ developerKey: SHOP.developerKey, accessKey: keyOf(SHOP) }, START);
    const foreignKey = signedMessage('POST', OTP_URL, undefined, { accessKey: keyOf(BANK) });
    expect(await answer(issuer, { ...foreignKey, headers: { ...foreignKey.headers, ...own } })).toEqual([403, WRONG]);
    const foreign = changing('developer_key', () => BANK.developerKey)(signedMessage());
    expect(await answer(issuer, foreign)).toEqual([403, WRONG]);
    expect(issuer.uses).toEqual([]);
  });

  it.each(['fifteen-letters', 'x'.repeat(65), 'sixteen-letters+', 'sixteen letters.'])(
    'may not have the nonce %s',
    async (nonce) => {
      const message = changing('secret-key-nonce', () => nonce)(signedMessage());
      const fault = 'secret-key-nonce must be 16 to 64 letters, digits, hyphens and underscores.';
      expect(await answer(strictIssuer(), message)).toEqual([403, fault]);
    },
  );

  it('is refused from a foreign address, and nothing is used up', async () => {
    const issuer = strictIssuer({ accounts: [{ ...STRICT, allowedAddresses: ['192.0.2.1'] }] });
    const message = requestOf(signedMessage());
    expect((await issuer.fetch(message.clone(), { remoteAddress: '192.0.2.2' })).status).toBe(403);
    expect(issuer.uses).toEqual([]);
    expect((await issuer.fetch(message, { remoteAddress: '192.0.2.1' })).status).toBe(200);
  });

  it('gets 404, 405, 413 and 415 as others do, and nothing is used up', async () => {
    const issuer = strictIssuer();
    const statusOf = async (message: Message): Promise<number> => (await issuer.fetch(requestOf(message))).status;
    expect(await statusOf(signedMessage('POST', 'https://otp.test/ekoapi/v3/nowhere', '{}'))).toBe(404);
    expect(await statusOf(signedMessage('PUT', OTP_URL, '{}'))).toBe(405);
    expect(await statusOf(signedMessage('POST', OTP_URL, ' '.repeat(16 * 1024 + 1)))).toBe(413);
    expect(await statusOf(changing('content-type', () => 'text/plain')(signedMessage()))).toBe(415);
    expect(issuer.uses).toEqual([]);
  });

  it('is required from the reload on that says so, which is refused without a replay store', async () => {
    const issuer = strictIssuer({ accounts: [SHOP] });
    const published = without(signedMessage(), 'secret-key-nonce', 'secret-key-signature');
    expect((await answer(issuer, published))[0]).toBe(200);
    issuer.nodes[0]?.reload({ accounts: [STRICT] });
    expect((await answer(issuer, published))[0]).toBe(403);

    const withoutStore = issuerUnderTest({ accounts: [SHOP], replayStore: undefined as never });
    const reload = (): void => withoutStore.nodes[0]?.reload({ accounts: [STRICT] });
    expect(reload).toThrow('accounts[0].requireMessageSignature needs a replay store');
    expect((await withoutStore.send()).status).toBe(0);
  });
});

describe('an account that does not', () => {
  it('gets the same bytes whether or not its requests are signed, well or badly, and uses nothing up', async () => {
    const issuer = strictIssuer({ accounts: [SHOP] });
    const signed = signedMessage('GET', USAGE_URL);
    const messages = [
      without(signed, 'secret-key-nonce', 'secret-key-signature'),
      signed,
      signed,
      changing('secret-key-signature', () => 'x')(signed),
    ];
    const answers = await Promise.all(messages.map(async (message) => issuer.fetch(requestOf(message))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(await Promise.all(answers.map(async (response) => response.text()))).size).toBe(1);
    expect(issuer.uses).toEqual([]);
  });

  it('is not served by the signature of the one that does', async () => {
    const issuer = strictIssuer();
    const keys = { developerKey: BANK.developerKey, accessKey: keyOf(SHOP) };
    const headers = signedMessageHeaders(keys, { method: 'GET', target: new URL(USAGE_URL).pathname, body: '' }, START);
    expect((await issuer.fetch(new Request(USAGE_URL, { headers }))).status).toBe(403);
  });
});

function keyOf({ accessKeys }: typeof SHOP): string {
  return accessKeys[0] ?? '';
}

function changing(name: string, change: (value: string) => string): (message: Message) => Message {
  return (message) => ({ ...message, headers: { ...message.headers, [name]: change(message.headers[name] ?? '') } });
}
