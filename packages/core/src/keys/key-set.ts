import { KeyObject } from 'node:crypto';
import { importJWK, type JWK } from 'jose';
import { isJsonObject } from '../lib/json.ts';
import { PUBLIC_KEY_ALGORITHMS, type PublicKeyAlgorithm } from './algorithms.ts';
import { objectionToKey } from './key-policy.ts';
import { publicKeyCheck, type SignatureCheck } from './signature.ts';

/** The keys of one issuer at one moment, those that may verify a token. */
export interface KeySet {
  /** The check of the key that a token means; `undefined` if no key, or more than one, fits. */
  readonly find: (kid: string | undefined, algorithm: string) => SignatureCheck | undefined;
}

const MAX_KEYS = 100;

interface UsableKey {
  readonly kid: string | undefined;
  /** By algorithm: an RSA key that names none fits several. */
  readonly checks: ReadonlyMap<string, SignatureCheck>;
}

/**
 * Reads a JWK Set (RFC 7517, section 5). Keys for encryption, of unknown kinds or too weak are passed over.
 *
 * @throws {TypeError} not a JWK Set, a symmetric key in it, two usable keys with one `kid`, or no usable key
 */
export async function readKeySet(document: unknown): Promise<KeySet> {
  const keys = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(keys)) throw new TypeError('not a JWK Set');
  if (keys.length > MAX_KEYS) throw new TypeError(`more than ${MAX_KEYS} keys`);
  const jwks: JWK[] = keys.filter((key) => isJsonObject(key));
  // A secret that anybody can fetch is none, and a set that mixes both kinds invites signing with a public key.
  if (jwks.some((jwk) => jwk.kty === 'oct')) throw new TypeError('a symmetric key in a public key set');
  const usable = (await Promise.all(jwks.map(toUsableKey))).filter((key) => key !== undefined);
  if (usable.length === 0) throw new TypeError('no key that may verify a token');
  if (new Set(usable.map((key) => key.kid)).size < usable.length) throw new TypeError('two keys with one kid');
  return { find: (kid, algorithm) => findCheck(usable, kid, algorithm) };
}

async function toUsableKey(jwk: JWK): Promise<UsableKey | undefined> {
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) return undefined;
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') return undefined;
  const checks = new Map<string, SignatureCheck>();
  for (const algorithm of PUBLIC_KEY_ALGORITHMS) {
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

function findCheck(
  usable: readonly UsableKey[],
  kid: string | undefined,
  algorithm: string,
): SignatureCheck | undefined {
  const fitting = usable.filter((key) => (kid === undefined || key.kid === kid) && key.checks.has(algorithm));
  return fitting.length === 1 ? fitting[0]?.checks.get(algorithm) : undefined;
}
