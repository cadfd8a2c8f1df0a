import { hash } from 'node:crypto';

const SHA256_BYTES = 32;

/** SHA-256 of the text, or the first bytes of it, as base64url. */
export function sha256(text: string, bytes: number = SHA256_BYTES): string {
  // By way of text: a digest as a Buffer is memory of its own outside the heap, and that costs more than the digest.
  return Buffer.from(hash('sha256', text, 'hex').slice(0, 2 * bytes), 'hex').toString('base64url');
}

/** One text for several. Each part stands behind its length, so that no two lists have the same text. */
export function lengthPrefixed(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return text;
}
