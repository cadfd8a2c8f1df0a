import type { KeyObject } from 'node:crypto';
import { hasRocaFingerprint } from './roca.ts';

const SMALLEST_RSA_MODULUS_BITS = 2048;
const SMALLEST_RSA_EXPONENT = 65537n;

const EC_CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/** Why this key must not verify signatures of this algorithm; `undefined` if it may. */
export function objectionToKey(key: KeyObject, algorithm: string): string | undefined {
  if (key.type !== 'public') return `a ${key.type} key cannot be used, only a public key`;
  const needed = keyTypeFor(algorithm);
  if (key.asymmetricKeyType !== needed)
    return `${algorithm} needs a key of type ${needed}, not ${key.asymmetricKeyType}`;
  if (needed === 'rsa') return objectionToRsaKey(key);
  if (needed === 'ec') return objectionToCurve(key, algorithm);
  return undefined;
}

function keyTypeFor(algorithm: string): string {
  if (algorithm.startsWith('RS') || algorithm.startsWith('PS')) return 'rsa';
  return algorithm.startsWith('ES') ? 'ec' : 'ed25519';
}

function objectionToRsaKey(key: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < SMALLEST_RSA_MODULUS_BITS) {
    return `an RSA key of ${modulusLength} bits is too short, at least ${SMALLEST_RSA_MODULUS_BITS} are needed`;
  }
  if (publicExponent < SMALLEST_RSA_EXPONENT) return 'an RSA key with a public exponent below 65537 is too weak';
  if (hasRocaFingerprint(modulusOf(key))) {
    return 'this RSA key can be factored (ROCA, CVE-2017-15361). Its issuer must make another, not with the chip that made this one';
  }
  return undefined;
}

function modulusOf(key: KeyObject): bigint {
  const { n = '' } = key.export({ format: 'jwk' });
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
}

function objectionToCurve(key: KeyObject, algorithm: string): string | undefined {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return curve === EC_CURVES[algorithm] ? undefined : `${algorithm} does not go with curve ${curve}`;
}
