import { KeyObject } from 'node:crypto';
import { importJWK, type JWK } from 'jose';
import { misconfigured } from '../lib/errors.ts';
import { isJsonObject } from '../lib/json.ts';
import type { UnverifiedToken } from '../token/compact-token.ts';
import { AUTHENTIC, type Authenticity, FORGED } from '../token/token-keys.ts';
import type { PublicKeyAlgorithm } from './algorithms.ts';
import { objectionToKey } from './key-policy.ts';
import { publicKeyCheck, type SignatureCheck } from './signature.ts';

/** The keys of one issuer at one moment, those that may verify a token. */
export interface KeySet {
  /** What the keys say of a token; `undefined` if a key that is not in the set may have signed it. */
  readonly judge: (token: UnverifiedToken, algorithm: string) => Authenticity | undefined;
}

const MAX_KEYS = 100;

/**
 * So many keys are tried for a token without `kid`: enough for keys that overlap in a rotation, while a made-up token
 * costs no more than five checks.
 */
const MAX_KEYS_TRIED = 5;

interface UsableKey {
  readonly kid: string | undefined;
  /** By algorithm: an RSA key that names none fits several. */
  readonly checks: ReadonlyMap<string, SignatureCheck>;
}

/**
 * Reads a JWK Set (RFC 7517, section 5). Keys for encryption, for other algorithms, of unknown kinds or too weak are
 * passed over.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: not a JWK Set, a symmetric key in it, two usable keys with one
 *   `kid`, or no usable key. To fetch it again would not mend it.
 */
export async function readKeySet(document: unknown, algorithms: readonly PublicKeyAlgorithm[]): Promise<KeySet> {
  const keys = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(keys)) throw misconfigured('It is not a JWK Set.');
  if (keys.length > MAX_KEYS) throw misconfigured(`It has more than ${MAX_KEYS} keys.`);
  const jwks: JWK[] = keys.filter((key) => isJsonObject(key));
  // A secret that anybody can fetch is none, and a set that mixes both kinds invites signing with a public key.
  if (jwks.some((jwk) => jwk.kty === 'oct')) throw misconfigured('It publishes a symmetric key.');
  const usable = (await Promise.all(jwks.map(async (jwk) => toUsableKey(jwk, algorithms)))).filter(
    (key) => key !== undefined,
  );
  if (usable.length === 0) throw misconfigured(`It has no usable key for ${algorithms.join(', ')}.`);
  const named = usable.filter(({ kid }) => kid !== undefined);
  const byKid = new Map(named.map(({ kid, checks }) => [kid, checks]));
  if (byKid.size < named.length) throw misconfigured('It has two keys with one kid.');
  const withoutKid = new Map<string, readonly SignatureCheck[]>(
    algorithms.map((algorithm) => [algorithm, checksFor(usable, algorithm).slice(0, MAX_KEYS_TRIED)]),
  );
  return {
    judge: ({ header, signedText, signature }, algorithm) => {
      const { kid } = header;
      if (kid === undefined) {
        const isSigned = withoutKid.get(algorithm)?.some((isSignature) => isSignature(signedText, signature));
        return isSigned ? AUTHENTIC : undefined;
      }
      const isSignature = byKid.get(kid as string)?.get(algorithm);
      return isSignature && (isSignature(signedText, signature) ? AUTHENTIC : FORGED);
    },
  };
}

function checksFor(usable: readonly UsableKey[], algorithm: string): readonly SignatureCheck[] {
  return usable.flatMap(({ checks }) => checks.get(algorithm) ?? []);
}

async function toUsableKey(jwk: JWK, algorithms: readonly PublicKeyAlgorithm[]): Promise<UsableKey | undefined> {
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) return undefined;
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') return undefined;
  const checks = new Map<string, SignatureCheck>();
  for (const algorithm of algorithms) {
    if (jwk.alg !== undefined && jwk.alg !== algorithm) continue;
    const check = await importCheck(jwk, algorithm);
    if (check !== undefined) checks.set(algorithm, check);
  }
  return checks.size === 0 ? undefined : { kid: jwk.kid, checks };
}

/** `undefined` for a key that jose cannot read for this algorithm, and for one that the policy objects to. */
async function importCheck(jwk: JWK, algorithm: PublicKeyAlgorithm): Promise<SignatureCheck | undefined> {
  try {
    const imported = await importJWK(jwk, algorithm);
    if (imported instanceof Uint8Array) return undefined;
    const key = KeyObject.from(imported);
    return objectionToKey(key, algorithm) === undefined ? publicKeyCheck(key, algorithm) : undefined;
  } catch {
    return undefined;
  }
}
