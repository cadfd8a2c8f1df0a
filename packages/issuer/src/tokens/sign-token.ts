import { randomBytes } from 'node:crypto';
import type { TokenClaims } from '../domain/ports.ts';
import { signJws } from './sign-jws.ts';
import type { LoadedSigningKey } from './signing-keys.ts';
import { writePayload } from './token-payload.ts';

/** Signs with the key whose turn it is. */
export function signToken(
  claims: TokenClaims,
  { issuer, keys, now }: { issuer: string; keys: readonly LoadedSigningKey[]; now: number },
): { token: string; tokenId: string } {
  const tokenId = randomBytes(16).toString('base64url');
  return { token: signJws('JWT', writePayload(issuer, claims, tokenId, now), keys, now), tokenId };
}
