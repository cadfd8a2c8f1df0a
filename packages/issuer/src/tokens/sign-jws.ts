import { sign } from 'node:crypto';
import { IssuerError } from '../lib/errors.ts';
import { inUseAt } from '../lib/rotation.ts';
import type { LoadedSigningKey, SigningAlgorithm } from './signing-keys.ts';

/** A compact JWS (RFC 7515) under the key whose turn it is. */
export function signJws(type: string, payload: object, keys: readonly LoadedSigningKey[], now: number): string {
  const key = inUseAt(keys, now);
  if (key === undefined) throw new IssuerError('invalid_configuration', 'No signing key is in force.');
  // `typ` comes first because the documented token begins with it: eyJ0eXAiOiJKV1Qi.
  const header = { typ: type, alg: key.algorithm, kid: key.kid };
  const signed = `${encoded(header)}.${encoded(payload)}`;
  return `${signed}.${signature(signed, key)}`;
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
