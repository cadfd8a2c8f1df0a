import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { publicKey } from '@verified-mobile/core';
import { createTestIssuer, type TestAlgorithm } from '@verified-mobile/core/testing';
import fc from 'fast-check';
import { compactVerify, importJWK } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { publicKeyCheck } from '../src/keys/signature.ts';
import { refusalTable } from '../src/guard/refusals.ts';
import { guardBench, NOW } from './support.ts';

const SECOND = NOW / 1000;
const CLAIMS = { iss: 'https://otp.test', aud: 'payouts', iat: SECOND, exp: SECOND + 300, mobile: '9002336768' };
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

afterEach(() => void vi.restoreAllMocks());

describe('a public key is never taken for a shared secret', () => {
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  };
  const secrets: Record<string, (key: (typeof pairs)['ES256']['publicKey']) => string | Buffer> = {
    PEM: (key) => key.export({ type: 'spki', format: 'pem' }),
    'PEM without its last line end': (key) => key.export({ type: 'spki', format: 'pem' }).toString().trimEnd(),
    DER: (key) => key.export({ type: 'spki', format: 'der' }),
    'JWK text': (key) => JSON.stringify(key.export({ format: 'jwk' })),
    nothing: () => '',
  };
  const cases = (['RS256', 'ES256', 'EdDSA'] as const).flatMap((algorithm) =>
    Object.keys(secrets).flatMap((form) => ['HS256', 'HS384', 'HS512'].map((alg) => [algorithm, form, alg] as const)),
  );

  it.each(cases)('%s key as %s under %s', async (algorithm, form, alg) => {
    const key = pairs[algorithm].publicKey;
    const trusted = { issuer: CLAIMS.iss, audience: CLAIMS.aud, keys: publicKey(key, algorithm) };
    const { present } = guardBench({ issuers: trusted });
    const input = `${encode({ alg })}.${encode({ ...CLAIMS, jti: 'a' })}`;
    const mac = createHmac(`sha${alg.slice(2)}`, secrets[form]!(key))
      .update(input)
      .digest('base64url');
    expect(await present(`${input}.${mac}`)).toBe('otp_token_invalid');
  });
});

describe('a key that the token brings along', () => {
  const attacker = createTestIssuer({ clock: () => NOW });
  const url = 'https://attacker.test/keys';
  it.each([
    ['jwk', { jwk: attacker.jwk, kid: attacker.jwk.kid }],
    ['jku', { jku: url }],
    ['x5u', { x5u: url }],
    ['x5c', { x5c: ['MIIB'] }],
    ['all of them', { jwk: attacker.jwk, jku: url, x5u: url, x5c: ['MIIB'], x5t: 'AA' }],
  ])('as %s is not used, and nothing is fetched', async (_what, header) => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const { present } = guardBench();
    expect(await present(attacker.mint({ header }))).toBe('otp_token_invalid');
    expect(fetched).not.toHaveBeenCalled();
  });
});

describe('JSON that can be read in two ways', () => {
  it('is read as jose reads it: the last of two members counts', async () => {
    const { guard, issuer } = guardBench();
    const payload = `{"mobile":"9876543210",${JSON.stringify({ ...CLAIMS, jti: 'a' }).slice(1)}`;
    const token = issuer.signRaw('{"alg":"none","alg":"ES256"}', payload);
    const decided = await guard.decide({ request: {}, header: () => token });
    expect(decided).toMatchObject({ outcome: 'passed', proof: { mobile: '+919002336768' } });
    const read = await compactVerify(token, await importJWK(issuer.jwk, 'ES256'));
    expect(JSON.parse(Buffer.from(read.payload).toString())).toMatchObject({ mobile: '9002336768' });
  });

  it.each([
    [
      'a claim named __proto__',
      '{"__proto__":{"mobile":"9002336768","jti":"a"},"iss":"https://otp.test","aud":"payouts"}',
    ],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a list', '[]'],
    ['a number', '1'],
    ['a byte order mark', '\ufeff{}'],
  ])('%s is invalid', async (_what, payload) => {
    const { present, issuer } = guardBench();
    const [header, , signature] = issuer.mint().split('.');
    expect(await present(issuer.signRaw('{"alg":"ES256"}', String(payload)))).toBe('otp_token_invalid');
    const raw = Buffer.from(payload).toString('base64url');
    expect(await present(`${header}.${raw}.${signature}`)).toBe('otp_token_invalid');
  });
});

describe('whatever is sent', () => {
  const refusals = Object.values(refusalTable(300));
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  const anyMember = fc.oneof(text, fc.integer(), fc.constant(null), fc.jsonValue());

  it('gets an answer from the table, with no byte of the sender in it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ jti: anyMember, mobile: anyMember, aud: anyMember, iss: anyMember }, { requiredKeys: [] }),
        fc.record({ kid: anyMember, alg: anyMember, crit: anyMember, typ: anyMember }, { requiredKeys: [] }),
        fc.constantFrom('', '=', '\r\nSet-Cookie: a=b', ',', '.x', '\u0000'),
        async (claims, header, tail) => {
          const { guard, issuer } = guardBench({ expectMobile: () => '9876543210' });
          const token = issuer.mint({ claims, header }) + tail;
          const verdict = await guard.decide({
            request: {},
            header: () => token,
            body: { otp_verification_token: token },
          });
          expect(refusals).toContainEqual(verdict.outcome === 'refused' ? verdict.refusal : verdict.outcome);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('in place of a token never makes decide() throw', async () => {
    const { guard } = guardBench();
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.anything()), async (value) => {
        const verdict = await guard.decide({
          request: {},
          header: () => value as string,
          body: { otp_verification_token: value },
        });
        expect(verdict.outcome).toBe('refused');
      }),
      { numRuns: 300 },
    );
  });
});

describe('signatures', () => {
  it.each<TestAlgorithm>(['RS256', 'ES256', 'EdDSA', 'HS256'])(
    'pass for %s only where jose passes them too, with any byte changed',
    async (algorithm) => {
      const issuer = createTestIssuer({ algorithm, clock: () => NOW });
      const key = await importJWK(issuer.jwk, algorithm);
      const { present } = guardBench({ issuers: issuer.trusted });
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (place, change) => {
          const parts = issuer
            .mint()
            .split('.')
            .map((part) => Buffer.from(part, 'base64url'));
          const signature = parts[2]!;
          signature[place % signature.length]! ^= change;
          const token = parts.map((part) => part.toString('base64url')).join('.');
          const accepted = await compactVerify(token, key).then(
            () => true,
            () => false,
          );
          expect((await present(token)) === 'passed').toBe(accepted);
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each<TestAlgorithm>(['RS256', 'ES256', 'EdDSA', 'HS256'])(
    'of every length and of one byte repeated are invalid for %s, never an outage',
    async (algorithm) => {
      const { present, issuer } = guardBench({}, { algorithm });
      const input = issuer.mint().split('.').slice(0, 2).join('.');
      for (const length of [0, 1, 31, 32, 33, 63, 64, 65, 255, 256, 257, 2_000]) {
        for (const bytes of [Buffer.alloc(length), Buffer.alloc(length, 0xff), randomBytes(length)]) {
          expect(await present(`${input}.${bytes.toString('base64url')}`)).toBe('otp_token_invalid');
        }
      }
    },
  );

  it('that the system objects to are invalid, never an outage', () => {
    const { publicKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const isSignature = publicKeyCheck(key, 'RS256');
    expect(isSignature('a.b', 'no bytes' as unknown as Buffer)).toBe(false);
  });

  it('of one token do not pass for another', async () => {
    const { present, issuer } = guardBench();
    const [one, other] = [issuer.mint().split('.'), issuer.mint().split('.')];
    expect(await present([one[0], other[1], one[2]].join('.'))).toBe('otp_token_invalid');
  });
});
