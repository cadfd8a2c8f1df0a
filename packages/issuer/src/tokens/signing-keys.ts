import { createHash, createPublicKey, generateKeyPairSync, KeyObject } from 'node:crypto';
import { misconfigured } from '../errors.ts';

/** The public half of a signing key, as published (RFC 7517). */
export interface PublicSigningJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
  use: 'sig';
  alg: 'ES256';
  kid: string;
}

export interface LoadedSigningKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  publicJwk: PublicSigningJwk;
}

/**
 * A new private key for ES256 (EC, P-256). Keep it: after a restart with another key no token signed before validates.
 *
 * @example
 * ```ts
 * const pem = generateSigningKey().export({ type: 'pkcs8', format: 'pem' }); // once, into your secret store
 * const issuer = createIssuer({ ...options, signingKeys: [createPrivateKey(pem)] }); // createPrivateKey of node:crypto
 * ```
 */
export function generateSigningKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** Checks every key and derives its public half. The first one signs; all are published, so that rotation overlaps. */
export function loadSigningKeys(keys: unknown): readonly [LoadedSigningKey, ...LoadedSigningKey[]] {
  if (!Array.isArray(keys))
    throw misconfigured('signingKeys must be a list. Pass [generateSigningKey()], or your own.');
  const [first, ...others] = keys.map(loadSigningKey);
  if (first === undefined) throw misconfigured('signingKeys is empty. Pass [generateSigningKey()], or your own key.');
  if (new Set([first, ...others].map(({ kid }) => kid)).size < keys.length) {
    throw misconfigured('signingKeys holds one key twice. Pass each key once.');
  }
  return [first, ...others];
}

function loadSigningKey(key: unknown): LoadedSigningKey {
  const isFit =
    key instanceof KeyObject && key.type === 'private' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!isFit) {
    throw misconfigured(
      'signingKeys takes private EC keys on P-256 as KeyObject. Make one with generateSigningKey(), ' +
        'or read yours with createPrivateKey() of node:crypto.',
    );
  }
  const publicKey = createPublicKey(key);
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const kid = thumbprint(x, y);
  const publicJwk: PublicSigningJwk = { kty: 'EC', crv: 'P-256', x, y, use: 'sig', alg: 'ES256', kid };
  return { kid, privateKey: key, publicKey, publicJwk };
}

/** RFC 7638: the required members, in the order of their names, without white space. */
function thumbprint(x: string, y: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url');
}
