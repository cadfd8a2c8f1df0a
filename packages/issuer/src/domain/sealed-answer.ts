import { seal, sealingKey, unseal } from './sealing.ts';

/** What opens an answer: the pepper, which is in no store, and the right code, which only the customer has. */
export interface AnswerKey {
  readonly pepper: Uint8Array;
  readonly challengeId: string;
  readonly code: string;
}

/** Encrypts a token for the seconds in which the same right code gets it again: a store holds no token. */
export function sealAnswer(token: string, key: AnswerKey): string {
  return seal(token, encryptionKey(key));
}

/** @returns `undefined` if the answer was sealed under another code or pepper, or was changed */
export function openAnswer(sealed: string, key: AnswerKey): string | undefined {
  return unseal(sealed, encryptionKey(key));
}

function encryptionKey({ pepper, challengeId, code }: AnswerKey): Buffer {
  return sealingKey(pepper, 'sealed-answer', challengeId, code);
}
