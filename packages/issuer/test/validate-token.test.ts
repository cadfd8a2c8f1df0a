import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateSigningKey } from '@verified-mobile/issuer';
import { BANK, issuerUnderTest, SHOP, START, validateUrl } from './support/issuer-under-test.ts';

const INVALID =
  '{"status":1,"response_status_id":1,"response_type_id":1634,"message":"The OTP verification token is invalid."}';
const TIMED_OUT =
  '{"status":1,"response_status_id":1,"response_type_id":1634,"message":"The OTP verification token has timed out."}';

const signingKey = generateSigningKey();
const setup = (): ReturnType<typeof issuerUnderTest> => issuerUnderTest({ signingKeys: [signingKey] });

it('answers a valid token as documented, member for member, and keeps it out of caches', async () => {
  const issuer = setup();
  const token = await issuer.token();
  const response = await issuer.request('GET', validateUrl(token, SHOP.initiatorId));
  const text = await response.text();
  const [, tid] = /"tid":"([1-9][0-9]{9})"/.exec(text) ?? [];
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(text).toBe(
    '{"status":0,"response_status_id":0,"response_type_id":1633,"message":"OTP verification token is valid.","data":{' +
      `"client_ref_id":"211101129871","otp_verification_token":"${token}","initiator_id":"1234567891",` +
      `"mobile":"9002336768","tid":"${tid}"}}`,
  );
});

it('validates and never consumes', async () => {
  const issuer = setup();
  const token = await issuer.token();
  const answers = [await issuer.validate(token), await issuer.validate(token), await issuer.validate(token)];
  expect(answers.map(({ status }) => status)).toEqual([0, 0, 0]);
});

// The token's dates are whole seconds: issued at …04.250, it runs from …04 to …04 five minutes later.
it('accepts a token one millisecond before its exp', async () => {
  const issuer = setup();
  const token = await issuer.token();
  issuer.clock.now = START - 250 + 299_999;
  expect((await issuer.validate(token)).status).toBe(0);
});

it('answers "timed out" from its exp on', async () => {
  const issuer = setup();
  const token = await issuer.token();
  issuer.clock.now = START - 250 + 300_000;
  const response = await issuer.request('GET', validateUrl(token, SHOP.initiatorId));
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(TIMED_OUT);
});

it('answers "invalid", not "timed out", for a token of another account that has also timed out', async () => {
  const issuer = issuerUnderTest({ accounts: [SHOP, { ...BANK, audience: SHOP.audience }], signingKeys: [signingKey] });
  const token = await issuer.token(BANK);
  issuer.clock.now += 300_000;
  expect((await issuer.validate(token)).message).toBe('The OTP verification token is invalid.');
});

it('refuses a token of another account with the same audience', async () => {
  const issuer = issuerUnderTest({ accounts: [SHOP, { ...BANK, audience: SHOP.audience }], signingKeys: [signingKey] });
  const token = await issuer.token(BANK);
  expect((await issuer.validate(token, BANK)).status).toBe(0);
  expect((await issuer.validate(token)).message).toBe('The OTP verification token is invalid.');
});

it('refuses a token of another account with the same initiator and audience', async () => {
  const { initiatorId, audience } = SHOP;
  const twin = { ...BANK, initiatorId, audience };
  const issuer = issuerUnderTest({ accounts: [SHOP, twin], signingKeys: [signingKey] });
  const token = await issuer.token(twin);
  expect((await issuer.validate(token, twin)).status).toBe(0);
  expect((await issuer.validate(token)).message).toBe('The OTP verification token is invalid.');
});

it('accepts a token of the key before, once a newer key signs', async () => {
  const token = await setup().token();
  const rotated = issuerUnderTest({ signingKeys: [generateSigningKey(), signingKey] });
  expect((await rotated.validate(token)).status).toBe(0);
});

it('refuses a token of a key that was dropped', async () => {
  const token = await setup().token();
  expect((await issuerUnderTest().validate(token)).status).toBe(1);
});

describe('invalid, in bytes', () => {
  const iat = Math.floor(START / 1000);
  const good = {
    iss: 'https://otp.test',
    aud: 'payouts',
    iat,
    exp: iat + 300,
    jti: 'e8Zt7hhkSbmVsLaTFfTqHg',
    mobile: '9002336768',
    client_id: 'shop',
    client_ref_id: '211101129871',
    initiator_id: '1234567891',
  };

  it('accepts the token that the cases below change', async () => {
    expect((await setup().validate(await mint(good))).status).toBe(0);
  });

  it.each<[string, object]>([
    ['another issuer', { iss: 'https://otp.example' }],
    ['another audience', { aud: 'transfers' }],
    ['its audience among others', { aud: ['payouts', 'transfers'] }],
    ['no exp', { exp: undefined }],
    ['an exp that is a string', { exp: String(iat + 300) }],
    ['a life of 301 s', { exp: iat + 301 }],
    ['no iat', { iat: undefined }],
    ['an iat with a fraction', { iat: iat + 0.5, exp: iat + 300.5 }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a jti that is a number', { jti: 5 }],
    ['no mobile', { mobile: null }],
    ['a mobile in E.164', { mobile: '+919002336768' }],
    ['a mobile that begins with 5', { mobile: '5002336768' }],
    ['no client_ref_id', { client_ref_id: undefined }],
    ['no client_id', { client_id: undefined }],
    ['another client_id', { client_id: 'bank' }],
    ['no initiator_id', { initiator_id: undefined }],
    ['another initiator_id', { initiator_id: '9962981729' }],
  ])('refuses %s, however well signed', async (_, changes) => {
    const issuer = setup();
    const response = await issuer.request('GET', validateUrl(await mint({ ...good, ...changes }), SHOP.initiatorId));
    expect(await response.text()).toBe(INVALID);
  });

  it.each<[string, object]>([
    ['algorithm none', { alg: 'none' }],
    ['another algorithm', { alg: 'HS256' }],
    ['another typ', { typ: 'at+jwt' }],
    ['no typ', { typ: undefined }],
    ['no kid', { kid: undefined }],
    ['an unknown kid', { kid: 'unknown' }],
    ['an unknown crit', { crit: ['x'], x: 1 }],
  ])('refuses a header with %s', async (_, changes) => {
    expect((await setup().validate(await mint(good, changes))).message).toBe('The OTP verification token is invalid.');
  });

  it('refuses another spelling of a valid token', async () => {
    const issuer = setup();
    const token = await issuer.token();
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = token.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1];
    const signatures = [twin, token].map((text) => Buffer.from(text.split('.')[2] ?? '', 'base64url'));
    expect(signatures[0]).toEqual(signatures[1]);
    for (const spelling of [twin, `${token}=`, `${token}.`, ` ${token}`, `${token}\n`]) {
      expect((await issuer.validate(spelling)).message).toBe('The OTP verification token is invalid.');
    }
  });

  it.each(['x', 'a.b.c', '..', '%00', 'ey'.repeat(1000)])('refuses %j', async (text) => {
    expect((await setup().validate(text)).message).toBe('The OTP verification token is invalid.');
  });
});

async function mint(claims: object, header: object = {}): Promise<string> {
  const kid = await publishedKid();
  const protectedHeader = { typ: 'JWT', alg: 'ES256', kid, ...header };
  const input = [protectedHeader, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(input), { key: signingKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

async function publishedKid(): Promise<string> {
  const response = await setup().fetch(new Request('https://otp.test/.well-known/jwks.json'));
  const { keys } = (await response.json()) as { keys: { kid: string }[] };
  return keys[0]?.kid ?? '';
}
