import { createSecretKey } from 'node:crypto';
import { misconfigured } from '../lib/errors.ts';
import { HMAC_ALGORITHMS, type HmacAlgorithm } from './algorithms.ts';
import { objectionToSecret } from './secret-policy.ts';
import { hmacCheck } from './signature.ts';
import { AUTHENTIC, FORGED, type TokenKeys } from '../token/token-keys.ts';

/**
 * Trusts tokens signed with a secret that this service shares with the issuer. A service that validates can then also
 * sign: prefer `jwks` or `publicKey` if the issuer offers them.
 *
 * @param secret random bytes, as many as the hash has: 32 for HS256, 48 for HS384, 64 for HS512
 * @param algorithm the only `alg` accepted
 * @throws {VerifiedMobileError} `invalid_configuration`: text in place of bytes, too few bytes, one byte repeated, a public
 *   key or certificate in PEM or DER, a JWK, an unknown algorithm
 */
export function hmacSecret(secret: Uint8Array, algorithm: HmacAlgorithm): TokenKeys {
  if (!HMAC_ALGORITHMS.includes(algorithm)) {
    throw misconfigured(`hmacSecret() needs one of the algorithms ${HMAC_ALGORITHMS.join(', ')}.`);
  }
  if (!(secret instanceof Uint8Array)) {
    throw misconfigured("hmacSecret() takes bytes. For a base64 secret: Buffer.from(secret, 'base64').");
  }
  const objection = objectionToSecret(secret, algorithm);
  if (objection !== undefined) throw misconfigured(`hmacSecret() ${objection}`);
  const isSignature = hmacCheck(createSecretKey(secret), algorithm);
  return {
    accepts: (name) => name === algorithm,
    authenticate: ({ signedText, signature }) => (isSignature(signedText, signature) ? AUTHENTIC : FORGED),
  };
}
