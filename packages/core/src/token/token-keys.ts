import type { UnverifiedToken } from './compact-token.ts';

/**
 * What is known of a token: whether a key signed it, or, where its issuer was asked, what that said. A `mobile` (E.164)
 * is the one that the issuer says a valid token proves.
 */
export type Authenticity = boolean | 'timed-out' | { readonly mobile: string };

/** What proves that a token is its issuer's. Made by `jwks`, `publicKey`, `hmacSecret` or `remoteValidation`. */
export interface TokenKeys {
  /** Whether this `alg` may stand in a token. The answer comes from the keys, never from a token. */
  readonly accepts: (algorithm: string) => boolean;
  /**
   * Whether the token is its issuer's. A token that names no known key is not.
   *
   * @throws where the keys cannot be had. An outage must never read as "not signed".
   */
  readonly verifySignature: (token: UnverifiedToken, algorithm: string) => Authenticity | Promise<Authenticity>;
}
