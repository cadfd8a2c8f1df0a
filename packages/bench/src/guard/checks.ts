import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { ReplayStore, TrustedIssuer } from '@verified-mobile/core';
import { hmacSecret, publicKey } from '@verified-mobile/core';
import { isolatedMemoryReplayStore, type TestAlgorithm } from '@verified-mobile/core/testing';
import { importJWK, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { BY_HAND, SIGNATURE } from './contenders.ts';
import { AUDIENCE, ISSUER, keyObject, type PublishedKey } from './keys.ts';

/** Whether a token may pass, by the least code that does it: what each middleware is measured against. */
export type Check = (token: string) => boolean | Promise<boolean>;

const MAX_IDS = 200_000;

/** The check that every framework is measured with under this name; `undefined` for what only one framework has. */
export async function commonCheck(
  name: string,
  jwk: PublishedKey,
  algorithm: TestAlgorithm,
): Promise<Check | undefined> {
  if (name === SIGNATURE) return signatureCheck(jwk, algorithm);
  return name === BY_HAND ? writtenByHand(jwk, algorithm) : undefined;
}

/** The signature and nothing else: one `crypto.verify`. */
function signatureCheck(jwk: PublishedKey, algorithm: TestAlgorithm): Check {
  const key = keyObject(jwk);
  const digest = algorithm === 'EdDSA' ? null : 'sha256';
  const keyAndForm = algorithm === 'ES256' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key;
  return (token) => {
    const dot = token.lastIndexOf('.');
    const signed = Buffer.from(token.slice(0, dot), 'latin1');
    const signature = Buffer.from(token.slice(dot + 1), 'base64url');
    if (algorithm !== 'HS256') return verify(digest, signed, keyAndForm, signature);
    const expected = createHmac('sha256', key).update(signed).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  };
}

/** What a careful engineer writes in an hour: jose, then lru-cache. */
async function writtenByHand(jwk: PublishedKey, algorithm: TestAlgorithm): Promise<Check> {
  const key = await importJWK(jwk, algorithm);
  const isFirstUse = oneTime();
  return async (token) => {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      issuer: ISSUER,
      audience: AUDIENCE,
      maxTokenAge: 300,
      clockTolerance: 5,
      requiredClaims: ['jti', 'mobile'],
    });
    return isFirstUse(payload.jti);
  };
}

/** One-time use as the revocation hooks of middlewares let one write it. */
export function oneTime(): (id: unknown) => boolean {
  const used = new LRUCache<string, true>({ max: MAX_IDS, ttl: 600_000 });
  return (id) => {
    if (typeof id !== 'string' || used.has(id)) return false;
    used.set(id, true);
    return true;
  };
}

/** Options for our guard, with a store of its own so that tokens serve every round. */
export function guardOptions(
  jwk: PublishedKey,
  algorithm: TestAlgorithm,
): { issuers: TrustedIssuer; replayStore: ReplayStore } {
  const key = keyObject(jwk);
  const keys = algorithm === 'HS256' ? hmacSecret(key.export(), algorithm) : publicKey(key, algorithm);
  const issuers: TrustedIssuer = { issuer: ISSUER, audience: AUDIENCE, keys };
  return { issuers, replayStore: isolatedMemoryReplayStore({ maxIds: MAX_IDS }) };
}
