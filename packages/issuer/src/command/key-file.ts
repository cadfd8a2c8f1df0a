import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { misconfigured } from '../lib/errors.ts';
import { generateSigningKey, type SigningAlgorithm, type SigningKey } from '../tokens/signing-keys.ts';

/** How long a new key is published before it signs: longer than guards keep a key set. */
export const PUBLISHED_BEFORE_MS: number = 10 * 60 * 1000;
/** How long the old key is accepted after that: twice the life of its last token. */
export const ACCEPTED_AFTER_MS: number = 10 * 60 * 1000;

/** A key as it stands in the file; instants in ISO 8601. */
interface StoredKey {
  readonly pem: string;
  readonly signsFrom?: string | undefined;
  readonly retiresAt?: string | undefined;
}

/** Reads a key set: JSON of `keys rotate`, or one private key in PEM. */
export function readKeyFile(text: string, name: string): SigningKey[] {
  if (text.startsWith('-----BEGIN')) return [{ key: privateKey(text, name) }];
  return parse(text, name).map((stored) => loadStored(stored, name));
}

/** Adds a key that signs later, sets an end to those before it, and drops those whose end has come. The first key of a new file signs at once. */
export function rotateKeyFile(path: string, algorithm: SigningAlgorithm, now: number): SigningKey[] {
  const before = existsSync(path) ? parse(readFileSync(path, 'utf8'), path) : [];
  const signsFrom = now + PUBLISHED_BEFORE_MS;
  const end = new Date(signsFrom + ACCEPTED_AFTER_MS).toISOString();
  const kept = before
    .filter(({ retiresAt }) => retiresAt === undefined || Date.parse(retiresAt) > now)
    .map(({ pem, signsFrom: from, retiresAt = end }) => ({ pem, signsFrom: from, retiresAt }));
  const pem = generateSigningKey(algorithm).export({ type: 'pkcs8', format: 'pem' }) as string;
  const added: StoredKey = kept.length === 0 ? { pem } : { pem, signsFrom: new Date(signsFrom).toISOString() };
  const keys = [...kept, added];
  const text = JSON.stringify(keys, null, 2);
  // Renamed into place: a service that reads the file now sees the old keys or the new ones.
  writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return readKeyFile(text, path);
}

function parse(text: string, name: string): StoredKey[] {
  try {
    const keys = JSON.parse(text) as StoredKey[];
    if (Array.isArray(keys) && keys.every(isStoredKey)) return keys;
  } catch {
    // The parser's message would quote the keys.
  }
  throw misconfigured(`${name} is no key set. Make one with "verified-mobile-issuer keys rotate <file>".`);
}

function isStoredKey(key: unknown): boolean {
  if (typeof key !== 'object' || key === null) return false;
  const { pem, signsFrom, retiresAt } = key as Record<string, unknown>;
  return typeof pem === 'string' && isInstant(signsFrom) && isInstant(retiresAt);
}

function isInstant(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && !Number.isNaN(Date.parse(value)));
}

function loadStored({ pem, signsFrom, retiresAt }: StoredKey, name: string): SigningKey {
  return {
    key: privateKey(pem, name),
    ...(signsFrom !== undefined && { signsFrom: Date.parse(signsFrom) }),
    ...(retiresAt !== undefined && { retiresAt: Date.parse(retiresAt) }),
  };
}

function privateKey(pem: string, name: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw misconfigured(`${name} holds a private key that cannot be read.`);
  }
}
