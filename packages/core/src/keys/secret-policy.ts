import { createPublicKey, X509Certificate } from 'node:crypto';
import { isJsonObject } from '../lib/json.ts';
import type { HmacAlgorithm } from './algorithms.ts';

/** RFC 7518, section 3.2: a key as long as the hash output, or longer. */
const SHORTEST_SECRET_BYTES: Readonly<Record<HmacAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** Why these bytes must not be the secret of this algorithm, and the remedy; `undefined` if they may. */
export function objectionToSecret(secret: Uint8Array, algorithm: HmacAlgorithm): string | undefined {
  const shortest = SHORTEST_SECRET_BYTES[algorithm];
  if (secret.byteLength < shortest) {
    return `needs at least ${shortest} random bytes for ${algorithm}, and was given ${secret.byteLength}. ${MAKE_ONE}`;
  }
  if (secret.every((byte) => byte === secret[0])) return `was given one byte over and over. ${MAKE_ONE}`;
  const text = Buffer.from(secret).toString();
  // A PEM may stand behind white space, a byte order mark, or the lines that openssl writes above it.
  if (text.includes('-----BEGIN ')) return 'was given a PEM. A public key is no secret: use publicKey().';
  if (isPublicDer(secret)) {
    return 'was given a public key or a certificate in DER. A public key is no secret: use publicKey().';
  }
  if (isJsonText(text)) {
    return "was given JSON, such as a JWK. Of a JWK with kty oct give Buffer.from(jwk.k, 'base64url'); a public JWK is no secret: use jwks().";
  }
  return undefined;
}

const MAKE_ONE = 'Make one with: openssl rand -base64 64';

const DER_READERS: readonly ((der: Buffer) => unknown)[] = [
  (der) => createPublicKey({ key: der, format: 'der', type: 'spki' }),
  (der) => createPublicKey({ key: der, format: 'der', type: 'pkcs1' }),
  (der) => new X509Certificate(der),
];

function isPublicDer(secret: Uint8Array): boolean {
  const der = Buffer.from(secret);
  return DER_READERS.some((read) => succeeds(() => read(der)));
}

function isJsonText(text: string): boolean {
  return succeeds(() => {
    // JSON.parse does not take the byte order mark that some editors write.
    if (!isJsonObject(JSON.parse(text.trim()))) throw new TypeError('not an object');
  });
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
