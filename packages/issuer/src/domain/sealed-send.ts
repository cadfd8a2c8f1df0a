import type { SendReservation } from './otp-store.ts';
import { seal, sealingKey, unseal } from './sealing.ts';
import type { SmsMessage } from './sms-message.ts';

/** All that another node needs to bring a send to its end. */
export interface SealedSend {
  readonly message: SmsMessage;
  readonly reservation: SendReservation;
}

/** Encrypts an SMS for as long as it waits: an outbox holds no code, no text and no mobile. */
export function sealSend(send: SealedSend, pepper: Uint8Array): string {
  return seal(JSON.stringify(send), keyFor(pepper, send.message.challengeId));
}

/** @returns `undefined` if it was sealed under none of these peppers, or was changed */
export function openSend(sealed: string, id: string, peppers: readonly Uint8Array[]): SealedSend | undefined {
  for (const pepper of peppers) {
    const text = unseal(sealed, keyFor(pepper, id));
    if (text !== undefined) return JSON.parse(text) as SealedSend;
  }
  return undefined;
}

function keyFor(pepper: Uint8Array, id: string): Buffer {
  return sealingKey(pepper, 'sealed-send', id);
}
