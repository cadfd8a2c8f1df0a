import { CHECKPOINT_TYPE, type LedgerHead } from '../domain/checkpoint.ts';
import { signJws } from './sign-jws.ts';
import type { LoadedSigningKey } from './signing-keys.ts';

/** Says, under the issuer's key, that a ledger ended with this entry at this time. */
export function signCheckpoint(
  { chain, sequence, hash }: LedgerHead,
  { issuer, keys, now }: { issuer: string; keys: readonly LoadedSigningKey[]; now: number },
): string {
  const payload = { iss: issuer, iat: Math.floor(now / 1000), chain, sequence, hash };
  return signJws(CHECKPOINT_TYPE, payload, keys, now);
}
