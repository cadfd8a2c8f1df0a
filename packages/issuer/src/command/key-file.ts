import { createPrivateKey, type KeyObject } from 'node:crypto';
import { misconfigured } from '../lib/errors.ts';
import { inUseAt } from '../lib/rotation.ts';
import { generateSigningKey, loadSigningKeys, type SigningAlgorithm, type SigningKey } from '../tokens/signing-keys.ts';
import {
  datesOf,
  parseRotation,
  readRotation,
  rotated,
  type RotationFile,
  type StoredSecret,
  writeRotation,
} from './rotation-file.ts';

interface StoredKey extends StoredSecret {
  readonly pem: string;
}

const KEY_FILE: RotationFile<StoredKey> = {
  secret: 'pem',
  remedy: 'Make a key set with "verified-mobile-issuer keys rotate <file>".',
};

/** Reads a key set: JSON of `keys rotate`, or one private key in PEM. */
export function readKeys(text: string, name: string): SigningKey[] {
  if (text.startsWith('-----BEGIN')) return [{ key: privateKey(text, name) }];
  return load(parseRotation(text, name, KEY_FILE), name);
}

/** Adds a key that signs later, and retires the one before after that. */
export function rotateKeyFile(path: string, algorithm: SigningAlgorithm, now: number): SigningKey[] {
  const keys = rotated(readRotation(path, KEY_FILE), newKey(algorithm), now);
  writeRotation(path, keys);
  return load(keys, path);
}

/** Drops a key at once. If none is left that signs, the next one does or, without one, a new key. */
export function revokeKey(path: string, kid: string, now: number): SigningKey[] {
  const before = readRotation(path, KEY_FILE);
  const kidOf = (stored: StoredKey): string | undefined => loadSigningKeys(load([stored], path))[0]?.kid;
  const left = before.filter((stored) => kidOf(stored) !== kid);
  if (left.length === before.length) throw misconfigured(`${path} has no key ${kid}. See "keys list ${path}".`);
  const keys = signs(left, path, now) ? left : withSigner(left);
  writeRotation(path, keys);
  return load(keys, path);
}

function signs(keys: readonly StoredKey[], path: string, now: number): boolean {
  return keys.length > 0 && inUseAt(loadSigningKeys(load(keys, path)), now) !== undefined;
}

/** The newest one signs at once: guards fetch the key set again for a key that they do not know. */
function withSigner(keys: readonly StoredKey[]): StoredKey[] {
  const newest = keys.at(-1);
  return newest === undefined ? [newKey('ES256')] : [...keys.slice(0, -1), { pem: newest.pem }];
}

function newKey(algorithm: SigningAlgorithm): StoredKey {
  return { pem: generateSigningKey(algorithm).export({ type: 'pkcs8', format: 'pem' }) as string };
}

function load(keys: readonly StoredKey[], name: string): SigningKey[] {
  return keys.map((stored) => ({ key: privateKey(stored.pem, name), ...datesOf(stored, 'signsFrom') }));
}

function privateKey(pem: string, name: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw misconfigured(`${name} holds a private key that cannot be read.`);
  }
}
