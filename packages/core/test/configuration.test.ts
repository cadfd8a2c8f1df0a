import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  createGuard,
  type GuardOptions,
  hmacSecret,
  jwks,
  memoryReplayStore,
  publicKey,
  type PublicKeyAlgorithm,
  VerifiedMobileError,
} from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

const { trusted } = createTestIssuer();
const pemOf = (key: ReturnType<typeof generateKeyPairSync>['publicKey']): string =>
  key.export({ type: 'spki', format: 'pem' }).toString();
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const SHARED = { scope: 'shared', consume: async () => Promise.resolve({ outcome: 'first-use' }) };

/** Options as code without types may give them. */
const build = (options: unknown) => () => createGuard(options as GuardOptions);

describe('the guard refuses to be built', () => {
  it.each([
    ['a misspelt option', { issuers: trusted, maxAge: 60 }, 'no option maxAge'],
    ['maxAgeSeconds 0', { issuers: trusted, maxAgeSeconds: 0 }, 'maxAgeSeconds must be a whole number from 1 to 300'],
    ['maxAgeSeconds 301', { issuers: trusted, maxAgeSeconds: 301 }, 'maxAgeSeconds'],
    ['maxAgeSeconds NaN', { issuers: trusted, maxAgeSeconds: Number.NaN }, 'maxAgeSeconds'],
    ['clockToleranceSeconds 61', { issuers: trusted, clockToleranceSeconds: 61 }, 'from 0 to 60'],
    ['clockToleranceSeconds -1', { issuers: trusted, clockToleranceSeconds: -1 }, 'from 0 to 60'],
    ['storeTimeoutMs 0', { issuers: trusted, storeTimeoutMs: 0 }, 'storeTimeoutMs'],
    ['expectMobile as text', { issuers: trusted, expectMobile: '9002336768' }, 'expectMobile must be a function'],
    ['a store without consume', { issuers: trusted, replayStore: new Map() }, 'replayStore must have consume()'],
    ['token as text', { issuers: trusted, token: 'x-token' }, "token takes { header: 'name' }"],
    ['no token source', { issuers: trusted, token: [] }, 'token takes'],
    ['a token source of another kind', { issuers: trusted, token: { query: 'token' } }, 'token takes'],
    ['no issuer at all', { issuers: [] }, 'issuers is empty'],
    ['one issuer twice', { issuers: [trusted, trusted] }, 'names one issuer twice'],
    ['no audience', { issuers: { issuer: 'a', keys: trusted.keys } }, 'To switch this check off, write audience: null'],
    ['an empty issuer', { issuers: { ...trusted, issuer: '' } }, 'issuer must be a string that is not empty'],
    ['keys as text', { issuers: { ...trusted, keys: 'secret' } }, 'keys must be made by jwks(url)'],
    ['a misspelt claim', { issuers: { ...trusted, claims: { jti: 'id' } } }, 'claims has no option jti'],
    ['a service that is no name', { issuers: trusted, service: 'x'.repeat(129) }, 'service must be a name'],
    ['half a surrogate pair for a service', { issuers: trusted, service: '\ud800' }, 'service must be a name'],
    [
      'an idempotencyKey and a shared store, and no service',
      { issuers: trusted, replayStore: SHARED, idempotencyKey: () => 'a' },
      'service is missing: without it one token would pass once in each service',
    ],
    [
      'more tolerance than its store bears',
      { issuers: trusted, replayStore: { ...SHARED, issuerClockToleranceSeconds: 5 }, clockToleranceSeconds: 6 },
      'Give the store issuerClockToleranceSeconds: 6.',
    ],
    ['options that are no object', 'https://otp.test', 'takes one object'],
    [
      'a request for options',
      new IncomingMessage(new Socket()),
      'Write requireVerifiedMobile(), with the parentheses.',
    ],
  ])('with %s', (_what, options, message) => {
    expect(build(options)).toThrow(VerifiedMobileError);
    expect(build(options)).toThrow(message);
  });

  it('and is built with the service of the environment, and on a store that bears its tolerance', () => {
    vi.stubEnv('VERIFIED_MOBILE_SERVICE', 'salaries');
    const replayStore = { ...SHARED, issuerClockToleranceSeconds: 5 };
    expect(build({ issuers: trusted, replayStore, idempotencyKey: () => 'a', clockToleranceSeconds: 5 })).not.toThrow();
    vi.unstubAllEnvs();
  });

  it('and raises what the store of the process bears to its own tolerance', () => {
    expect(build({ issuers: trusted, clockToleranceSeconds: 11 })).not.toThrow();
    expect(memoryReplayStore().issuerClockToleranceSeconds).toBeGreaterThanOrEqual(11);
  });

  it('and takes undefined for "not given"', () => {
    expect(build({ issuers: trusted, maxAgeSeconds: undefined, replayStore: undefined })).not.toThrow();
  });
});

describe('keys refuse', () => {
  const rsa = (modulusLength: number, publicExponent = 65_537) =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey;

  it.each<[string, () => unknown, string]>([
    ['RSA of 2047 bits', () => publicKey(rsa(2047), 'RS256'), 'an RSA key of 2047 bits is too short'],
    ['a public exponent of 3', () => publicKey(rsa(2048, 3), 'RS256'), 'exponent below 65537'],
    ['a curve of another algorithm', () => publicKey(ec.publicKey, 'ES384'), 'ES384 does not go with curve prime256v1'],
    ['a key of another type', () => publicKey(ec.publicKey, 'RS256'), 'RS256 needs a key of type rsa, not ec'],
    ['a private key object', () => publicKey(ec.privateKey, 'ES256'), 'a private key cannot be used'],
    [
      'a private key in PEM',
      () => publicKey(ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'ES256'),
      'the private one stays with the issuer',
    ],
    ['text that is no PEM', () => publicKey('https://otp.test/key', 'ES256'), 'cannot read this PEM'],
    ['an HMAC algorithm', () => publicKey(ec.publicKey, 'HS256' as PublicKeyAlgorithm), 'one of the algorithms RS256'],
    ['a secret of 31 bytes', () => hmacSecret(randomBytes(31), 'HS256'), 'at least 32 random bytes for HS256'],
    ['a secret of 32 bytes for HS512', () => hmacSecret(randomBytes(32), 'HS512'), 'at least 64 random bytes'],
    ['a secret as text', () => hmacSecret('x'.repeat(32) as unknown as Uint8Array, 'HS256'), 'takes bytes'],
    ['a PEM as a secret', () => hmacSecret(Buffer.from(pemOf(ec.publicKey)), 'HS256'), 'A public key is no secret'],
    ['plain http', () => jwks('http://otp.example.in/jwks.json'), 'needs an https URL'],
    ['a host that begins like loopback', () => jwks('http://127.0.0.1.example.in/'), 'needs an https URL'],
    ['a password in a URL', () => jwks('https://a:b@otp.example.in/'), 'no user name or password'],
    ['an unknown option', () => jwks('https://otp.test/', { cacheSeconds: 1 } as object), 'no option cacheSeconds'],
    ['a cool-down of 0', () => jwks('https://otp.test/', { cooldownSeconds: 0 }), 'cooldownSeconds'],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(VerifiedMobileError);
    expect(make).toThrow(message);
  });

  it('neither RSA of 2048 bits, nor a secret of 32 bytes, nor http on loopback', () => {
    expect(() => publicKey(rsa(2048), 'RS256')).not.toThrow();
    expect(() => hmacSecret(randomBytes(32), 'HS256')).not.toThrow();
    for (const host of ['localhost', '127.0.0.1', '[::1]']) expect(() => jwks(`http://${host}:4000/`)).not.toThrow();
  });
});

describe('the environment', () => {
  const good = {
    VERIFIED_MOBILE_ISSUER: 'https://otp.test',
    VERIFIED_MOBILE_AUDIENCE: 'payouts',
    VERIFIED_MOBILE_JWKS_URL: 'https://otp.test/jwks.json',
  };
  const withEnvironment = (variables: Record<string, string | undefined>) => () => {
    for (const [name, value] of Object.entries({ ...good, ...variables })) vi.stubEnv(name, value);
    return createGuard();
  };
  const secret = randomBytes(32).toString('base64');
  const pem = pemOf(ec.publicKey);
  const noUrl = { VERIFIED_MOBILE_JWKS_URL: undefined };

  afterEach(() => void vi.unstubAllEnvs());

  it.each([
    ['a JWKS', {}],
    ['no issuer check', { VERIFIED_MOBILE_ISSUER: 'none', VERIFIED_MOBILE_AUDIENCE: 'none' }],
    ['a JWKS and one algorithm', { VERIFIED_MOBILE_ALGORITHM: 'ES256' }],
    ['a secret', { ...noUrl, VERIFIED_MOBILE_SECRET: secret }],
    ['a secret without its padding', { ...noUrl, VERIFIED_MOBILE_SECRET: secret.replace('=', '') }],
    ['a public key', { ...noUrl, VERIFIED_MOBILE_PUBLIC_KEY: pem, VERIFIED_MOBILE_ALGORITHM: 'ES256' }],
    [
      'a public key on one line',
      { ...noUrl, VERIFIED_MOBILE_PUBLIC_KEY: pem.replaceAll('\n', '\\n'), VERIFIED_MOBILE_ALGORITHM: 'ES256' },
    ],
    [
      'a public key on one line, with spaces or nothing for line ends',
      { ...noUrl, VERIFIED_MOBILE_PUBLIC_KEY: pem.replaceAll('\n', ''), VERIFIED_MOBILE_ALGORITHM: '"ES256"' },
    ],
    [
      'a public key in quotes',
      { ...noUrl, VERIFIED_MOBILE_PUBLIC_KEY: `"${pem.replaceAll('\n', ' ')}"`, VERIFIED_MOBILE_ALGORITHM: "'ES256'" },
    ],
  ])('builds a guard with %s', (_what, variables) => {
    expect(withEnvironment(variables)).not.toThrow();
  });

  it.each([
    ['no issuer', { VERIFIED_MOBILE_ISSUER: undefined }, 'VERIFIED_MOBILE_ISSUER is not set. Set it to the iss'],
    ['an empty audience', { VERIFIED_MOBILE_AUDIENCE: ' ' }, 'VERIFIED_MOBILE_AUDIENCE is not set'],
    [
      'no key',
      noUrl,
      'Set exactly one of VERIFIED_MOBILE_JWKS_URL, VERIFIED_MOBILE_PUBLIC_KEY, VERIFIED_MOBILE_SECRET',
    ],
    [
      'two keys',
      { VERIFIED_MOBILE_SECRET: secret },
      'VERIFIED_MOBILE_JWKS_URL and VERIFIED_MOBILE_SECRET are both set',
    ],
    ['a public key without algorithm', { ...noUrl, VERIFIED_MOBILE_PUBLIC_KEY: pem }, 'set VERIFIED_MOBILE_ALGORITHM'],
    [
      'a public key with an HMAC algorithm',
      { ...noUrl, VERIFIED_MOBILE_PUBLIC_KEY: pem, VERIFIED_MOBILE_ALGORITHM: 'HS256' },
      'set VERIFIED_MOBILE_ALGORITHM',
    ],
    [
      'a secret with a public-key algorithm',
      { ...noUrl, VERIFIED_MOBILE_SECRET: secret, VERIFIED_MOBILE_ALGORITHM: 'ES256' },
      'set VERIFIED_MOBILE_ALGORITHM',
    ],
    ['a short secret', { ...noUrl, VERIFIED_MOBILE_SECRET: 'c2hvcnQ=' }, 'VERIFIED_MOBILE_SECRET cannot be used'],
    [
      'a secret that is no base64',
      { ...noUrl, VERIFIED_MOBILE_SECRET: `${secret.slice(0, 40)}!!!!` },
      'it is not base64',
    ],
    [
      'a secret in hexadecimal',
      { ...noUrl, VERIFIED_MOBILE_SECRET: randomBytes(32).toString('hex') },
      'VERIFIED_MOBILE_SECRET cannot be used: it is hexadecimal.',
    ],
    [
      'a quote at one end',
      { VERIFIED_MOBILE_ISSUER: '"https://otp.test' },
      'VERIFIED_MOBILE_ISSUER has a quote at one',
    ],
    ['quotes around nothing', { VERIFIED_MOBILE_AUDIENCE: '""' }, 'VERIFIED_MOBILE_AUDIENCE is not set'],
    [
      'a setting and a file of it',
      { VERIFIED_MOBILE_ISSUER_FILE: '/run/secrets/issuer' },
      'VERIFIED_MOBILE_ISSUER and VERIFIED_MOBILE_ISSUER_FILE are both set',
    ],
    [
      'a file that is not there',
      { ...noUrl, VERIFIED_MOBILE_SECRET_FILE: '/nowhere/secret' },
      'VERIFIED_MOBILE_SECRET_FILE names a file that cannot be read.',
    ],
    ['plain http', { VERIFIED_MOBILE_JWKS_URL: 'http://otp.test/' }, 'VERIFIED_MOBILE_JWKS_URL cannot be used'],
  ])('refuses %s', (_what, variables, message) => {
    expect(withEnvironment(variables)).toThrow(VerifiedMobileError);
    expect(withEnvironment(variables)).toThrow(message);
  });

  it('is read from the files that *_FILE names, and without quotes around values', async () => {
    const issuer = createTestIssuer({ algorithm: 'HS256' });
    const folder = mkdtempSync(join(tmpdir(), 'settings-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const variables = {
      VERIFIED_MOBILE_ISSUER: `"${issuer.issuer}"`,
      VERIFIED_MOBILE_AUDIENCE_FILE: file('audience', `'${issuer.audience}'\n`),
      VERIFIED_MOBILE_SECRET_FILE: file('secret', `${Buffer.from(issuer.jwk.k!, 'base64url').toString('base64')}\n`),
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const guard = createGuard({ replayStore: isolatedMemoryReplayStore() });
    expect(await guard.decide({ request: {}, header: () => issuer.mint() })).toMatchObject({ outcome: 'passed' });
  });

  it('never repeats a secret in its errors', () => {
    const weak = 'c2hvcnQgc2VjcmV0';
    const thrown = (): unknown => {
      try {
        return withEnvironment({ ...noUrl, VERIFIED_MOBILE_SECRET: weak })();
      } catch (error) {
        return error;
      }
    };
    const told = inspect(thrown(), { depth: 10, showHidden: true });
    expect(told).toContain('VERIFIED_MOBILE_SECRET');
    expect(told).not.toContain(weak);
    expect(told).not.toContain('short secret');
  });
});
