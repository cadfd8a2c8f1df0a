import { compactVerify } from 'jose';
import type { UnverifiedToken } from '../token/compact-token.ts';
import type { VerificationKey } from './key-policy.ts';

/** What proves that a token is its issuer's. Made by `jwks`, `publicKey` or `hmacSecret`. */
export interface TokenKeys {
  /** The only values of `alg` that are accepted. They come from the key, never from a token. */
  readonly algorithms: ReadonlySet<string>;
  /**
   * Whether one of these keys signed the token. A token that names no known key is not signed by one.
   *
   * @throws where the keys cannot be had. An outage must never read as "not signed".
   */
  verifySignature(token: UnverifiedToken, algorithm: string): Promise<boolean>;
}

/** Whether this one key signed the token. */
export async function isSignedBy(key: VerificationKey, token: UnverifiedToken, algorithm: string): Promise<boolean> {
  try {
    await compactVerify(token.text, key, { algorithms: [algorithm] });
    return true;
  } catch {
    // The key is at hand, so whatever jose objects to lies in the token. Its errors quote the token: they end here.
    return false;
  }
}
