import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { isJsonObject } from '../token/compact-token.ts';
import { objectionToKey, PUBLIC_KEY_ALGORITHMS, toVerificationKey, type VerificationKey } from './key-policy.ts';

/** The keys of one issuer at one moment, those that may verify a token. */
export interface KeySet {
  /** The key a token means, ready to verify; `undefined` where no key, or more than one, fits. */
  readonly find: (kid: string | undefined, algorithm: string) => Promise<VerificationKey | undefined>;
}

const MAX_KEYS = 100;

interface UsableKey {
  readonly kid: string | undefined;
  readonly algorithms: readonly string[];
  readonly key: KeyObject;
  readonly ready: Map<string, Promise<VerificationKey>>;
}

/**
 * Reads a JWK Set (RFC 7517, section 5). Keys for encryption, of unknown kinds or too weak are passed over.
 *
 * @throws {TypeError} not a JWK Set, a symmetric key in it, two usable keys with one `kid`, or no usable key
 */
export function readKeySet(document: unknown): KeySet {
  const keys = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(keys)) throw new TypeError('not a JWK Set');
  if (keys.length > MAX_KEYS) throw new TypeError(`more than ${MAX_KEYS} keys`);
  const jwks: JWK[] = keys.filter((key) => isJsonObject(key));
  // A secret that anybody can fetch is none, and a set that mixes both kinds invites signing with a public key.
  if (jwks.some((jwk) => jwk.kty === 'oct')) throw new TypeError('a symmetric key in a public key set');
  const usable = jwks.map(toUsableKey).filter((key) => key !== undefined);
  if (usable.length === 0) throw new TypeError('no key that may verify a token');
  if (new Set(usable.map((key) => key.kid)).size < usable.length) throw new TypeError('two keys with one kid');
  return { find: async (kid, algorithm) => findKey(usable, kid, algorithm) };
}

function toUsableKey(jwk: JWK): UsableKey | undefined {
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) return undefined;
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') return undefined;
  const key = importPublicJwk(jwk);
  if (key === undefined) return undefined;
  const algorithms = PUBLIC_KEY_ALGORITHMS.filter(
    (algorithm) => (jwk.alg ?? algorithm) === algorithm && objectionToKey(key, algorithm) === undefined,
  );
  return algorithms.length === 0 ? undefined : { kid: jwk.kid, algorithms, key, ready: new Map() };
}

function importPublicJwk(jwk: JWK): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

async function findKey(
  usable: readonly UsableKey[],
  kid: string | undefined,
  algorithm: string,
): Promise<VerificationKey | undefined> {
  const fitting = usable.filter((key) => (kid === undefined || key.kid === kid) && key.algorithms.includes(algorithm));
  const [found] = fitting;
  if (found === undefined || fitting.length > 1) return undefined;
  let ready = found.ready.get(algorithm);
  if (ready === undefined) {
    ready = toVerificationKey(found.key, algorithm);
    found.ready.set(algorithm, ready);
  }
  return ready;
}
