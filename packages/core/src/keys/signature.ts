import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { HmacAlgorithm } from './algorithms.ts';
import type { PublicKeyAlgorithm } from './algorithms.ts';

/** Whether these bytes sign this text: one key, one algorithm, decided when the key was loaded. */
export type SignatureCheck = (signedText: string, signature: Buffer) => boolean;

interface Scheme {
  readonly hash: string | null;
  readonly options?: { readonly padding?: number; readonly saltLength?: number; readonly dsaEncoding?: 'ieee-p1363' };
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
// JWS holds r and s side by side (RFC 7518, section 3.4), not in the DER that Node expects by itself.
const EC = { dsaEncoding: 'ieee-p1363' } as const;

const SCHEMES: Readonly<Record<PublicKeyAlgorithm, Scheme>> = {
  RS256: { hash: 'sha256' },
  RS384: { hash: 'sha384' },
  RS512: { hash: 'sha512' },
  PS256: { hash: 'sha256', options: PSS },
  PS384: { hash: 'sha384', options: PSS },
  PS512: { hash: 'sha512', options: PSS },
  ES256: { hash: 'sha256', options: EC },
  ES384: { hash: 'sha384', options: EC },
  ES512: { hash: 'sha512', options: EC },
  EdDSA: { hash: null },
  Ed25519: { hash: null },
};

/** The check of a public key that the policy has passed for this algorithm. */
export function publicKeyCheck(key: KeyObject, algorithm: PublicKeyAlgorithm): SignatureCheck {
  const { hash, options } = SCHEMES[algorithm];
  const keyAndOptions = { key, ...options };
  return (signedText, signature) => {
    try {
      return verify(hash, Buffer.from(signedText, 'latin1'), keyAndOptions, signature);
    } catch {
      // The key is at hand, so the fault lies in the token: thrown on, it would look like an outage.
      return false;
    }
  };
}

/** The check of a shared secret, in constant time. */
export function hmacCheck(secret: KeyObject, algorithm: HmacAlgorithm): SignatureCheck {
  const hash = `sha${algorithm.slice(2)}`;
  return (signedText, signature) => {
    const expected = createHmac(hash, secret).update(signedText, 'latin1').digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  };
}
