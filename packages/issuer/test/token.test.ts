import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import { expect, it } from 'vitest';
import { generateSigningKey } from '@verified-mobile/issuer';
import { BANK, issuerUnderTest, type IssuerUnderTest, START } from './support/issuer-under-test.ts';

it('writes every claim, and no other', async () => {
  const issuer = issuerUnderTest();
  const { jti, ...claims } = decodeJwt(await issuer.token());
  const iat = Math.floor(START / 1000);
  expect(claims).toEqual({
    iss: 'https://otp.test',
    aud: 'payouts',
    client_id: 'shop',
    iat,
    exp: iat + 300,
    mobile: '9002336768',
    amr: ['otp', 'sms'],
    client_ref_id: '211101129871',
    initiator_id: '1234567891',
  });
  expect(jti).toMatch(/^[A-Za-z0-9_-]{22}$/);
});

it('gives each token its own jti', async () => {
  const issuer = issuerUnderTest();
  expect(decodeJwt(await issuer.token()).jti).not.toBe(decodeJwt(await issuer.token()).jti);
});

it("writes the account's audience and initiator", async () => {
  const issuer = issuerUnderTest();
  expect(decodeJwt(await issuer.token(BANK))).toMatchObject({ aud: 'transfers', initiator_id: '9962981729' });
});

it('dates the token from the verification, not from the send', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  issuer.clock.now += 120_000;
  const token = String((await issuer.verify()).data?.['otp_verification_token']);
  expect(decodeJwt(token).iat).toBe(Math.floor(START / 1000) + 120);
});

it('begins as the documented token does', async () => {
  const token = await issuerUnderTest().token();
  expect(token).toMatch(/^eyJ0eXAiOiJKV1QiL/);
  expect(Object.keys(decodeProtectedHeader(token))).toEqual(['typ', 'alg', 'kid']);
  expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'JWT', alg: 'ES256' });
});

it('signs with the first key and publishes all of them, so that rotation overlaps', async () => {
  const issuer = issuerUnderTest({ signingKeys: [generateSigningKey(), generateSigningKey()] });
  const token = await issuer.token();
  const jwks = await publishedKeys(issuer);
  expect(jwks.keys).toHaveLength(2);
  expect(decodeProtectedHeader(token).kid).toBe(jwks.keys[0]?.kid);
  await jwtVerify(token, createLocalJWKSet(jwks), {
    issuer: 'https://otp.test',
    audience: 'payouts',
    currentDate: new Date(START),
  });
});

it('publishes the public members of a key only, named by its RFC 7638 thumbprint', async () => {
  const [key] = (await publishedKeys(issuerUnderTest())).keys;
  expect(Object.keys(key ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256' });
  expect(key?.kid).toBe(await calculateJwkThumbprint(key ?? {}));
});

it('lets guards and proxies keep the keys for a minute', async () => {
  const response = await issuerUnderTest().fetch(new Request('https://otp.test/.well-known/jwks.json'));
  expect(response.headers.get('cache-control')).toBe('public, max-age=60');
});

async function publishedKeys(issuer: IssuerUnderTest): Promise<JSONWebKeySet> {
  const response = await issuer.fetch(new Request('https://otp.test/.well-known/jwks.json'));
  return (await response.json()) as JSONWebKeySet;
}
