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

type Changes = Parameters<TestIssuer['mint']>[0];

export function mint(issuer: TestIssuer, count: number, changes: Changes = {}): string[] {
  return Array.from({ length: count }, () => issuer.mint(changes));
}

/** Leaves the slowest of machines four minutes for a measurement. */
const OLDEST_MS = 60_000;

/**
 * Tokens for one measurement after another, none of them older than a minute: minted once for all, they expire on a slow
 * machine before the last. Minted for each, RS256 alone takes longer than what is measured; each server has a store of its
 * own, so that the same tokens are good for several.
 */
export function youngTokens(
  issuer: TestIssuer,
  count: number,
  { changes, clock = Date.now }: { changes?: Changes; clock?: () => number } = {},
): () => readonly string[] {
  let tokens: readonly string[] = [];
  let mintedAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock() - mintedAt > OLDEST_MS) {
      mintedAt = clock();
      tokens = mint(issuer, count, changes);
    }
    return tokens;
  };
}
