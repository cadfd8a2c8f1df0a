import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { createTestIssuer, type TestAlgorithm, type TestIssuer } from '@verified-mobile/core/testing';

export const ISSUER = 'https://otp.test';
export const AUDIENCE = 'payouts';
export const ALGORITHMS: readonly TestAlgorithm[] = ['RS256', 'ES256', 'EdDSA', 'HS256'];

/** What a server under measurement is told of the issuer: enough to check its tokens. */
export type PublishedKey = TestIssuer['jwk'];

export function keyObject(jwk: PublishedKey): KeyObject {
  if (jwk.kty === 'oct') return createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'));
  return createPublicKey({ key: { ...jwk }, format: 'jwk' });
}

export function newIssuer(algorithm: TestAlgorithm): TestIssuer {
  return createTestIssuer({ issuer: ISSUER, audience: AUDIENCE, algorithm });
}
