import { createHash, createPublicKey, generateKeyPairSync, type JsonWebKey, KeyObject } from 'node:crypto';
import { misconfigured } from '../lib/errors.ts';
import type { Rotating } from '../lib/rotation.ts';

/** How tokens may be signed. ES256 costs least over a token's life: signing with RS256 takes twenty times as long. */
export type SigningAlgorithm = 'ES256' | 'EdDSA' | 'RS256';

/** A private key with its place in a rotation. Instants in milliseconds since the epoch. */
export interface SigningKey {
  readonly key: KeyObject;
  /** Published at once, signs from then on: guards have fetched it by then. Default: always. */
  readonly signsFrom?: number;
  /** No longer published or accepted from then on. Leave it more than five minutes after the next key's `signsFrom`. Default: never. */
  readonly retiresAt?: number;
}

/** The public half of a signing key, as published (RFC 7517). */
export type PublicSigningJwk = JsonWebKey & {
  readonly use: 'sig';
  readonly alg: SigningAlgorithm;
  readonly kid: string;
};

export interface LoadedSigningKey extends Rotating {
  readonly key: KeyObject;
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: KeyObject;
  readonly publicJwk: PublicSigningJwk;
}

/**
 * A new private key: EC P-256 for ES256, Ed25519 for EdDSA, RSA with 2048 bits for RS256. Keep it: after a restart with
 * another key no token signed before validates.
 *
 * @example
 * ```ts
 * const pem = generateSigningKey().export({ type: 'pkcs8', format: 'pem' }); // once, into your secret store
 * const issuer = createIssuer({ ...options, signingKeys: [createPrivateKey(pem)] }); // createPrivateKey of node:crypto
 * ```
 */
export function generateSigningKey(algorithm: SigningAlgorithm = 'ES256'): KeyObject {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'EdDSA':
      return generateKeyPairSync('ed25519').privateKey;
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    default:
      throw misconfigured('generateSigningKey() takes ES256, EdDSA or RS256.');
  }
}

const WANTED =
  'signingKeys takes private keys as KeyObject, EC on P-256, Ed25519 or RSA of at least 2048 bits, or ' +
  '{ key, signsFrom, retiresAt }. Make one with generateSigningKey(), or read yours with createPrivateKey() of node:crypto.';

/** Checks every key and derives its public half. */
export function loadSigningKeys(keys: unknown): readonly LoadedSigningKey[] {
  if (!Array.isArray(keys))
    throw misconfigured('signingKeys must be a list. Pass [generateSigningKey()], or your own.');
  if (keys.length === 0) throw misconfigured('signingKeys is empty. Pass [generateSigningKey()], or your own key.');
  const loaded = keys.map(loadSigningKey);
  if (new Set(loaded.map(({ kid }) => kid)).size < keys.length) {
    throw misconfigured('signingKeys holds one key twice. Pass each key once.');
  }
  return loaded;
}

function loadSigningKey(given: unknown): LoadedSigningKey {
  const { key, signsFrom = Number.NEGATIVE_INFINITY, retiresAt = Infinity } = scheduleOf(given);
  const algorithm = key instanceof KeyObject && key.type === 'private' ? algorithmOf(key) : undefined;
  if (algorithm === undefined) throw misconfigured(WANTED);
  if (typeof signsFrom !== 'number' || typeof retiresAt !== 'number' || !(signsFrom < retiresAt)) {
    throw misconfigured('signingKeys: signsFrom must be an instant before retiresAt, in milliseconds since the epoch.');
  }
  const publicKey = createPublicKey(key);
  const members = publicKey.export({ format: 'jwk' });
  const kid = thumbprint(members);
  return {
    key,
    from: signsFrom,
    retiresAt,
    kid,
    algorithm,
    publicKey,
    publicJwk: { ...members, use: 'sig', alg: algorithm, kid },
  };
}

function scheduleOf(given: unknown): SigningKey {
  if (given instanceof KeyObject) return { key: given };
  if (typeof given === 'object' && given !== null && 'key' in given) return given as SigningKey;
  throw misconfigured(WANTED);
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): SigningAlgorithm | undefined {
  if (asymmetricKeyType === 'ec') return details?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  return asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048 ? 'RS256' : undefined;
}

/** RFC 7638: the required members, in the order of their names, without white space. */
function thumbprint({ kty, crv, x, y, e, n }: JsonWebKey): string {
  const required = { EC: { crv, kty, x, y }, OKP: { crv, kty, x }, RSA: { e, kty, n } }[kty ?? ''];
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}
