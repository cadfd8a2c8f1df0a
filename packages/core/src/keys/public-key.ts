import { createPublicKey, KeyObject } from 'node:crypto';
import type { CryptoKey } from 'jose';
import { misconfigured } from '../lib/errors.ts';
import { PUBLIC_KEY_ALGORITHMS, type PublicKeyAlgorithm } from './algorithms.ts';
import { objectionToKey } from './key-policy.ts';
import { publicKeyCheck } from './signature.ts';
import { AUTHENTIC, FORGED, type TokenKeys } from '../token/token-keys.ts';

/**
 * Trusts tokens signed by one public key.
 *
 * @param keyOrPem a public `KeyObject` or `CryptoKey`, or an SPKI or certificate in PEM
 * @param algorithm the only `alg` accepted
 * @throws {VerifiedMobileError} `invalid_configuration`: not a public key, RSA below 2048 bits, with an exponent below
 *   65537 or with the ROCA fingerprint (CVE-2017-15361), a curve that does not go with the algorithm, an unknown algorithm
 */
export function publicKey(keyOrPem: KeyObject | CryptoKey | string, algorithm: PublicKeyAlgorithm): TokenKeys {
  if (!PUBLIC_KEY_ALGORITHMS.includes(algorithm)) {
    throw misconfigured(`publicKey() needs one of the algorithms ${PUBLIC_KEY_ALGORITHMS.join(', ')}.`);
  }
  const key = toKeyObject(keyOrPem);
  const objection = objectionToKey(key, algorithm);
  if (objection !== undefined) throw misconfigured(`publicKey() refuses this key: ${objection}.`);
  const isSignature = publicKeyCheck(key, algorithm);
  return {
    accepts: (name) => name === algorithm,
    authenticate: ({ signedText, signature }) => (isSignature(signedText, signature) ? AUTHENTIC : FORGED),
  };
}

function toKeyObject(keyOrPem: KeyObject | CryptoKey | string): KeyObject {
  if (keyOrPem instanceof KeyObject) return keyOrPem;
  if (typeof keyOrPem !== 'string') return KeyObject.from(keyOrPem);
  if (keyOrPem.includes('PRIVATE KEY')) {
    throw misconfigured(
      'publicKey() was given a private key. Give it the public half; the private one stays with the issuer.',
    );
  }
  try {
    return createPublicKey(keyOrPem);
  } catch (cause) {
    throw misconfigured('publicKey() cannot read this PEM. It takes "-----BEGIN PUBLIC KEY-----" or a certificate.', {
      cause,
    });
  }
}
