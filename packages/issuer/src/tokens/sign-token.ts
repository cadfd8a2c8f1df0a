import { randomBytes, sign } from 'node:crypto';
import type { TokenClaims } from '../domain/ports.ts';
import { IssuerError } from '../lib/errors.ts';
import { inUseAt } from '../lib/rotation.ts';
import type { LoadedSigningKey, SigningAlgorithm } from './signing-keys.ts';
import { writePayload } from './token-payload.ts';

/** Signs with the key whose turn it is. */
export function signToken(
  claims: TokenClaims,
  { issuer, keys, now }: { issuer: string; keys: readonly LoadedSigningKey[]; now: number },
): { token: string; tokenId: string } {
  const key = inUseAt(keys, now);
  if (key === undefined) throw new IssuerError('invalid_configuration', 'No signing key is in force.');
  const tokenId = randomBytes(16).toString('base64url');
  // `typ` comes first because the documented token begins with it: eyJ0eXAiOiJKV1Qi.
  const header = { typ: 'JWT', alg: key.algorithm, kid: key.kid };
  const signed = `${encoded(header)}.${encoded(writePayload(issuer, claims, tokenId, now))}`;
  return { token: `${signed}.${signature(signed, key)}`, tokenId };
}

/** Synchronous, in 35 µs with ES256: a trip to the thread pool and back would take longer. */
function signature(text: string, { algorithm, key }: LoadedSigningKey): string {
  const digest: Record<SigningAlgorithm, string | null> = { ES256: 'sha256', EdDSA: null, RS256: 'sha256' };
  // RFC 7518 section 3.4 wants r and s side by side; without this Node writes them as DER.
  return sign(digest[algorithm], Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
