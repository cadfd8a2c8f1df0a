import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What opens an answer: the pepper, which is in no store, and the right code, which only the customer has. */
export interface AnswerKey {
  readonly pepper: Uint8Array;
  readonly challengeId: string;
  readonly code: string;
}

/** Encrypts a token (AES-256-GCM) for the seconds in which the same right code gets it again: a store holds no token. */
export function sealAnswer(token: string, key: AnswerKey): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', encryptionKey(key), nonce);
  return Buffer.concat([nonce, cipher.update(token), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** @returns `undefined` if the answer was sealed under another code or pepper, or was changed */
export function openAnswer(sealed: string, key: AnswerKey): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const end = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', encryptionKey(key), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(end));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]).toString();
  } catch {
    return undefined;
  }
}

function encryptionKey({ pepper, challengeId, code }: AnswerKey): Buffer {
  return createHmac('sha256', pepper)
    .update(JSON.stringify(['sealed-answer', challengeId, code]))
    .digest();
}
