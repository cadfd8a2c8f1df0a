import type { UnverifiedToken } from './compact-token.ts';

/**
 * What the keys say of a token. `authentic`: its issuer made it; `mobile` (E.164) is there if the issuer was asked, and is
 * the one that a valid token proves. `forged`: no known key signed it, or its issuer does not know it. `expired`: its
 * issuer says that its time is over.
 */
export type Authenticity =
  | { readonly outcome: 'authentic'; readonly mobile?: string }
  | { readonly outcome: 'forged' | 'expired' };

export const AUTHENTIC: Authenticity = Object.freeze({ outcome: 'authentic' });
export const FORGED: Authenticity = Object.freeze({ outcome: 'forged' });
export const EXPIRED: Authenticity = Object.freeze({ outcome: 'expired' });

/** What proves that a token is its issuer's. Made by `jwks`, `publicKey`, `hmacSecret` or `remoteValidation`. */
export interface TokenKeys {
  /** Whether this `alg` may stand in a token. The answer comes from the keys, never from a token. */
  readonly accepts: (algorithm: string) => boolean;
  /**
   * Whether the token is its issuer's. A token that names no known key is forged.
   *
   * @throws if the keys cannot be reached. An outage must never read as "forged".
   */
  readonly authenticate: (token: UnverifiedToken, algorithm: string) => Authenticity | Promise<Authenticity>;
  /**
   * Resolves when the keys are at hand. The guard's `ready()` awaits it. Keys that have nothing to fetch leave it out.
   *
   * @throws {VerifiedMobileError} the keys cannot be used, or were not reached in time; the message says what to check
   */
  readonly ready?: () => Promise<void>;
}
