import { createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { createIssuer, generateSigningKey, IssuerError, memoryOtpStore } from '@verified-mobile/issuer';
import { type RedisConnection, redisOtpStore } from '@verified-mobile/issuer/redis';
import { createSandbox } from '@verified-mobile/issuer/sandbox';
import { BANK, goodOptions, issuerUnderTest, SHOP } from './support/issuer-under-test.ts';
import { STRICT } from './support/signed-messages.ts';

const ecKey = generateSigningKey();
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const otherCurve = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;

describe('createIssuer refuses', () => {
  it.each<[string, object, string]>([
    ['an unknown name', { acounts: [] }, 'createIssuer has no option acounts. It takes: issuer, accounts,'],
    ['no issuer', { issuer: undefined }, 'issuer must be the URL of this service'],
    ['an empty issuer', { issuer: ' ' }, 'issuer must be the URL of this service'],
    ['answers behind a ledger that is not there', { ledgerWrites: 'before-answer' }, 'there is no ledger. Set ledger'],
    ['writes at another time', { ledgerWrites: 'later' }, 'ledgerWrites must be before-answer or behind-answer'],
    ['a short digest key', { digestKey: Buffer.alloc(31) }, 'digestKey must hold at least 32 random bytes'],
    ['no way for an SMS', { sendSms: undefined }, 'sendSms must be a function that hands over one SMS'],
    [
      'two ways for an SMS',
      { routes: [{ name: 'a', send: async () => {} }] },
      'sendSms and routes are both set. Set sendSms for one transport, or routes for several.',
    ],
    ['an outbox that is none', { outbox: {} }, 'outbox.enqueue must be a function. Use memoryOutbox()'],
    ['no accounts', { accounts: [] }, 'accounts must list at least one account'],
    ['accounts that are no list', { accounts: SHOP }, 'accounts must list at least one account'],
    [
      'an account with an unknown name',
      { accounts: [{ ...SHOP, acessKey: '' }] },
      'accounts[0] has no option acessKey. It takes: id,',
    ],
    ['an account without an id', { accounts: [{ ...SHOP, id: '' }] }, 'accounts[0].id must be'],
    ['an account without an audience', { accounts: [SHOP, { ...BANK, audience: '' }] }, 'accounts[1].audience must be'],
    [
      'an account without a developer key',
      { accounts: [{ ...SHOP, developerKey: undefined }] },
      'accounts[0].developerKey must be',
    ],
    [
      'an account without a signature for its SMS',
      { accounts: [{ ...SHOP, senderSignature: undefined }] },
      'accounts[0].senderSignature must be the last line of the SMS',
    ],
    [
      'a signature with a blank at its end',
      { accounts: [{ ...SHOP, senderSignature: 'Shop ' }] },
      'accounts[0].senderSignature must be',
    ],
    [
      'a signature of two lines',
      { accounts: [{ ...SHOP, senderSignature: 'Shop\n999999 is the OTP' }] },
      'accounts[0].senderSignature must be',
    ],
    [
      "the sandbox's developer key",
      { accounts: [{ ...SHOP, developerKey: 'sandbox-developer-key' }] },
      'accounts[0].developerKey is published as an example',
    ],
    [
      "the sandbox's access key",
      { accounts: [{ ...SHOP, accessKeys: ['shop-access-key-1', 'sandbox-access-key'] }] },
      'accounts[0].accessKeys is published as an example',
    ],
    [
      'an initiator that is not ten digits',
      { accounts: [{ ...SHOP, initiatorId: '123' }] },
      'accounts[0].initiatorId must be',
    ],
    [
      'an account without access keys',
      { accounts: [{ ...SHOP, accessKeys: [] }] },
      'accounts[0].accessKeys must hold one or two',
    ],
    [
      'three access keys',
      { accounts: [{ ...SHOP, accessKeys: Array.from({ length: 3 }, () => 'a-long-enough-key') }] },
      'accounts[0].accessKeys must hold one or two',
    ],
    [
      'an access key of 15 characters',
      { accounts: [{ ...SHOP, accessKeys: ['123456789012345'] }] },
      'of at least 16 characters',
    ],
    [
      'two accounts of one developer key',
      { accounts: [SHOP, { ...BANK, developerKey: SHOP.developerKey }] },
      'Two accounts have the same developerKey',
    ],
    ['two accounts of one id', { accounts: [SHOP, { ...BANK, id: SHOP.id }] }, 'Two accounts have the same id'],
    ['no signing key', { signingKeys: [] }, 'signingKeys is empty'],
    ['a signing key that is no list', { signingKeys: ecKey }, 'signingKeys must be a list'],
    ['an RSA signing key of 1024 bits', { signingKeys: [rsaKey] }, 'signingKeys takes private keys as KeyObject'],
    ['a signing key on another curve', { signingKeys: [otherCurve] }, 'signingKeys takes private keys as KeyObject'],
    ['a public signing key', { signingKeys: [createPublicKey(ecKey)] }, 'signingKeys takes private keys as KeyObject'],
    [
      'a secret as signing key',
      { signingKeys: [createSecretKey(Buffer.alloc(32))] },
      'signingKeys takes private keys as KeyObject',
    ],
    [
      'a PEM as signing key',
      { signingKeys: [ecKey.export({ type: 'pkcs8', format: 'pem' })] },
      'createPrivateKey() of node:crypto',
    ],
    ['one signing key twice', { signingKeys: [ecKey, ecKey] }, 'signingKeys holds one key twice'],
    ['no pepper', { peppers: undefined }, 'peppers must hold one or two secrets'],
    ['a pepper of 31 bytes', { peppers: [new Uint8Array(31)] }, 'peppers must hold one or two secrets'],
    ['a pepper that is a string', { peppers: ['x'.repeat(32)] }, 'peppers must hold one or two secrets'],
    [
      'three peppers',
      { peppers: Array.from({ length: 3 }, () => new Uint8Array(32)) },
      'peppers must hold one or two secrets',
    ],
    ['a time-out of nothing', { smsTimeoutMs: 0 }, 'smsTimeoutMs must be a whole number from 1 to 30000'],
    ['no transport', { sendSms: undefined }, 'sendSms must be a function'],
    [
      'a store that lacks a verb',
      { store: { ...memoryOtpStore(), consume: undefined } },
      'store.consume must be a function',
    ],
    ['an unknown environment', { environment: 'staging' }, 'environment must be production or sandbox'],
    ['a proxy count that is no number', { trustedProxies: '1' }, 'trustedProxies must be a whole number from 0 to 10'],
    [
      'a limit of nothing',
      { limits: { sendsPerHour: 0 } },
      'limits.sendsPerHour must be a whole number from 1 to 1000',
    ],
    ['six attempts', { limits: { attemptsPerCode: 6 } }, 'limits.attemptsPerCode must be a whole number from 1 to 5'],
    ['101 failures in a row', { limits: { failuresBeforeStop: 101 } }, 'limits.failuresBeforeStop must be'],
    ['no pause at all', { limits: { cooldownSeconds: [] } }, 'limits.cooldownSeconds must list 1 to 10 whole'],
    [
      'eleven pauses',
      { limits: { cooldownSeconds: Array.from({ length: 11 }, () => 1) } },
      'limits.cooldownSeconds must list 1 to 10 whole',
    ],
    ['an unknown limit', { limits: { perDay: 1 } }, 'limits has no option perDay'],
    ['an unknown quota', { quotas: { perMinute: 1 } }, 'quotas has no option perMinute. It takes: account, agent,'],
    ['quotas that are no object', { quotas: 5 }, 'quotas must be an object'],
    [
      'a quota of nothing',
      { quotas: { account: { perMinute: 0 } } },
      'quotas.account.perMinute must be a whole number from 1 to 1000000000',
    ],
    ['a quota that is no number', { quotas: { agent: { perDay: '5' } } }, 'quotas.agent.perDay must be a whole number'],
    ['half a budget', { quotas: { budgetPerMonth: 0.5 } }, 'quotas.budgetPerMonth must be a whole number from 0 to'],
    [
      "an account's unknown quota",
      { accounts: [{ ...SHOP, quotas: { agent: { perWeek: 1 } } }] },
      'accounts[0].quotas.agent has no option perWeek. It takes: perMinute, perHour, perDay.',
    ],
    ['a share above 1', { conversionGuard: { minimumShare: 2 } }, 'conversionGuard.minimumShare must be a number'],
    [
      'a pause of nothing for an account',
      { accountConversionGuard: { secondsBetweenSends: 0 } },
      'accountConversionGuard.secondsBetweenSends must be a whole number from 1 to 3600',
    ],
    [
      "an account's unknown limit",
      { accounts: [{ ...SHOP, limits: { sendsPerDay: 5000 } }] },
      'accounts[0].limits.sendsPerDay must be a whole number',
    ],
    ['five digits', { accounts: [{ ...SHOP, codeDigits: 5 }] }, 'accounts[0].codeDigits must be 6 or 4'],
    [
      'an address that is none',
      { accounts: [{ ...SHOP, allowedAddresses: ['10.0.0.0/33'] }] },
      'accounts[0].allowedAddresses must list addresses',
    ],
    [
      'an empty list of addresses',
      { accounts: [{ ...SHOP, allowedAddresses: [] }] },
      'accounts[0].allowedAddresses must',
    ],
    [
      'message signatures without a replay store',
      { accounts: [{ ...SHOP, requireMessageSignature: true }] },
      'accounts[0].requireMessageSignature needs a replay store, or a signature would serve again. Give createIssuer a replayStore; for the command set ISSUER_REPLAY_STORE.',
    ],
    [
      'message signatures that would outlive the memory of a replay store',
      { accounts: [STRICT], replayStore: isolatedMemoryReplayStore(), timestampWindowSeconds: 301 },
      'accounts[0].requireMessageSignature needs a timestampWindowSeconds of 300 at most',
    ],
    [
      'a word for a boolean',
      { accounts: [{ ...SHOP, requireMessageSignature: 'yes' }] },
      'accounts[0].requireMessageSignature must be true or false',
    ],
    ['a ledger that cannot append', { ledger: {} }, 'ledger.append must be a function'],
    [
      'a replay store that leaves it to a transaction to consume',
      { replayStore: { ...isolatedMemoryReplayStore(), consume: async () => {}, consumption: 'within-transaction' } },
      'replayStore only looks whether an id is free',
    ],
    ['a replay store that cannot consume', { replayStore: {} }, 'replayStore.consume must be a function'],
    [
      'a key that retires before it signs',
      { signingKeys: [{ key: ecKey, signsFrom: 2, retiresAt: 1 }] },
      'signsFrom must be',
    ],
    ['a base path without a slash', { basePath: 'ekoapi' }, 'basePath must begin with a slash'],
    ['a base path with a slash at its end', { basePath: '/ekoapi/' }, 'basePath must begin with a slash'],
    ['a base path that is a pattern', { basePath: '/:any' }, 'basePath must begin with a slash'],
    ['a base path that climbs', { basePath: '/a/..' }, 'basePath must begin with a slash'],
    [
      'a window of no time',
      { timestampWindowSeconds: 0 },
      'timestampWindowSeconds must be a whole number from 1 to 3600',
    ],
    [
      'a window of 3601 seconds',
      { timestampWindowSeconds: 3601 },
      'timestampWindowSeconds must be a whole number from 1 to 3600',
    ],
    ['a clock that is no function', { clock: 5 }, 'clock must be a function'],
    ['a fault reporter that is no function', { onFault: 'log' }, 'onFault must be a function'],
  ])('%s', (_, changes, message) => {
    const build = (): unknown => createIssuer({ ...goodOptions(), ...changes });
    expect(build).toThrow(message);
    expect(build).toThrow(expect.objectContaining({ name: 'IssuerError', code: 'invalid_configuration' }));
  });

  it('no options at all', () => {
    expect(() => (createIssuer as () => unknown)()).toThrow(IssuerError);
    expect(() => (createSandbox as () => unknown)()).toThrow(IssuerError);
  });
});

it('refuses the keys of the README, each of them', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [account] = JSON.parse(/^Accounts:\n\n```json\n([^`]+)```/m.exec(readme)?.[1] ?? '[]') as [typeof SHOP];
  const { developerKey, accessKeys } = account;
  const build = (changes: object) => (): unknown =>
    createIssuer({ ...goodOptions(), accounts: [{ ...account, ...changes }] });
  expect(build({ developerKey: 'my-own-key', accessKeys: ['my-own-access-key'] })).not.toThrow();
  expect(build({ developerKey: 'my-own-key', accessKeys })).toThrow('accounts[0].accessKeys is published');
  expect(build({ developerKey, accessKeys: ['my-own-access-key'] })).toThrow('accounts[0].developerKey is published');
});

it('needs no signature for an account of the sandbox', () => {
  const account = { ...SHOP, environment: 'sandbox', senderSignature: undefined } as const;
  expect(() => createIssuer({ ...goodOptions(), accounts: [account as never] })).not.toThrow();
});

it('accepts what lies just inside the limits', () => {
  const accounts = [{ ...SHOP, accessKeys: ['1234567890123456'] }];
  const upper = { accounts, peppers: [new Uint8Array(32)], timestampWindowSeconds: 3600 };
  const lower = { timestampWindowSeconds: 1, basePath: '/a.b/c' };
  for (const changes of [upper, lower]) expect(() => createIssuer({ ...goodOptions(), ...changes })).not.toThrow();
});

it('says no secret in an error', () => {
  const accounts = [{ ...SHOP, accessKeys: ['secret-too-short', 'secret'] }];
  const build = (): unknown => createIssuer({ ...goodOptions(), accounts });
  expect(build).toThrow('accounts[0].accessKeys');
  expect(build).not.toThrow('secret');
});

it.each<[object, string]>([
  [{ publicUrl: undefined }, 'publicUrl must be'],
  [{ publicUrl: 'localhost:4000' }, 'publicUrl must be'],
  [{ publicUrl: 'http://localhost:4000/' }, 'publicUrl must be'],
  [{ publicUrl: 'http://localhost:4000/otp' }, 'publicUrl must be'],
  [{ payoutUrls: ['javascript:alert(1)'] }, 'payoutUrls must be'],
  [{ payoutUrls: 'http://localhost:4001' }, 'payoutUrls must be'],
  [{ basePath: 'x' }, 'basePath must begin with a slash'],
  [{ port: 4000 }, 'createSandbox has no option port. It takes: publicUrl,'],
])('createSandbox refuses %j', (changes, message) => {
  expect(() => createSandbox({ publicUrl: 'http://localhost:4000', ...changes })).toThrow(message);
});

describe('redisOtpStore', () => {
  const connection: RedisConnection = { topology: 'single', send: async () => null, close: async () => {} };
  const bareClients: [string, unknown][] = [
    ['redis', { sendCommand: async () => null, options: { disableOfflineQueue: true } }],
    ['ioredis', { call: async () => null, options: {} }],
    ['nothing', undefined],
  ];

  it.each(bareClients)('refuses the bare client of %s, and names the wrappers', (_, client) => {
    const build = (): unknown => redisOtpStore(client as RedisConnection);
    expect(build).toThrow(IssuerError);
    expect(build).toThrow('redisOtpStore(nodeRedis(client)) for redis, redisOtpStore(ioredis(client)) for ioredis');
  });

  it.each<[object, string]>([
    [{ timeout: 5 }, 'redisOtpStore has no option timeout. It takes: keyPrefix, timeoutMs.'],
    [{ keyPrefix: 5 }, 'keyPrefix must be a string'],
    [{ timeoutMs: 0 }, 'timeoutMs must be a whole number from 1 to 60000'],
    [{ timeoutMs: 60_001 }, 'timeoutMs must be'],
  ])('refuses %j', (options, message) => {
    expect(() => redisOtpStore(connection, options)).toThrow(message);
  });

  it('takes any prefix on one server, and on a cluster only one that keeps the keys of a send together', () => {
    const cluster: RedisConnection = { ...connection, topology: 'cluster' };
    for (const keyPrefix of ['', 'otp:', '{otp}']) expect(() => redisOtpStore(connection, { keyPrefix })).not.toThrow();
    for (const keyPrefix of ['{otp}', 'shop:{otp}:']) expect(() => redisOtpStore(cluster, { keyPrefix })).not.toThrow();
    for (const keyPrefix of ['', 'otp:', '{}otp', '{otp']) {
      expect(() => redisOtpStore(cluster, { keyPrefix })).toThrow('keyPrefix must have a part in braces on a cluster');
    }
  });
});

it('reports a fault by its name and code only, when nobody else listens', async () => {
  const written = await standardErrorOf(async () => issuerUnderTest({ sendSms: refuseToSend }).send());
  expect(written).toBe(
    'verified-mobile issuer: send-sms failed: TypeError ECONNREFUSED. Set onFault for the whole error.\n',
  );
});

it('reports it so too when onFault itself throws, and answers all the same', async () => {
  const onFault = vi.fn<() => never>().mockThrow(new Error('broken'));
  const issuer = issuerUnderTest({ sendSms: refuseToSend, onFault });
  const written = await standardErrorOf(async () => {
    expect((await issuer.send()).message).toBe('OTP could not be sent. Please try again.');
  });
  expect(onFault).toHaveBeenCalledOnce();
  expect(written).toContain('send-sms failed: TypeError ECONNREFUSED.');
});

async function refuseToSend(): Promise<never> {
  throw Object.assign(new TypeError('134021 is the OTP'), { code: 'ECONNREFUSED' });
}

async function standardErrorOf(act: () => Promise<unknown>): Promise<string> {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await act();
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    write.mockRestore();
  }
}

describe('routes', () => {
  const send = async (): Promise<{ outcome: 'accepted' }> => ({ outcome: 'accepted' });
  const good = { name: 'first', send };

  it.each<[string, unknown, string]>([
    ['none', [], 'routes must be a list of 1 to 10 routes'],
    ['too many', Array.from({ length: 11 }, (_, index) => ({ name: `r${index}`, send })), 'routes must be a list of 1'],
    ['no list', good, 'routes must be a list'],
    ['no route', [undefined], 'routes[0] must be a route'],
    ['no name', [{ send }], 'routes[0].name must be 1 to 32 lower-case letters'],
    ['a name in capitals', [{ name: 'First', send }], 'routes[0].name must be'],
    ['a long name', [{ name: 'x'.repeat(33), send }], 'routes[0].name must be'],
    ['two of one name', [good, good], 'routes has two of one name'],
    ['no transport', [good, { name: 'second' }], 'routes[1].send must be a function that hands over one SMS'],
    ['no window', [{ ...good, window: 0 }], 'routes[0].window must be a whole number from 1 to 10000'],
    ['receipts that nobody reads', [{ ...good, readReceipts: true }], 'routes[0].readReceipts must be a function'],
  ])('are refused with %s', (_, routes, message) => {
    const { sendSms: _sendSms, ...options } = goodOptions();
    expect(() => createIssuer({ ...options, routes: routes as never })).toThrow(message);
  });

  it('are taken with all that they may have, also as objects of a class', () => {
    class Route {
      readonly name = 'a-1';
      readonly window = 1;
      async send(): ReturnType<typeof send> {
        return send();
      }
    }
    const { sendSms: _sendSms, ...options } = goodOptions();
    expect(() => createIssuer({ ...options, routes: [new Route(), { ...good, name: 'x'.repeat(32) }] })).not.toThrow();
  });
});
