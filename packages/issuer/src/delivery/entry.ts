import { CODE_LIFETIME_MS } from '../domain/challenge.ts';
import type { CommitResult } from '../domain/otp-store.ts';
import type { AboutSend, Delivered, SmsOrder } from '../domain/ports.ts';
import type { SealedSend } from '../domain/sealed-send.ts';

/** How a message ended for this node. */
export type Ended =
  | Extract<Delivered, { outcome: 'accepted' | 'unknown' | 'refused' }>
  | { readonly outcome: 'expired' }
  /** Another node has it: it took this one for dead. */
  | { readonly outcome: 'taken' };

/** A message that this node holds. */
export interface Entry extends SealedSend {
  readonly id: string;
  readonly about: AboutSend;
  /** Names of the routes that refused it for good. */
  readonly tried: Set<string>;
  isHandingOver: boolean;
  /** How often it was handed over, or was about to be. */
  attempts: number;
  /** Of `performance.now()`. */
  notBefore: number;
  /** Told of the end while Send waits for it. */
  waiter: ((ended: Ended) => void) | undefined;
  /** Whether the caller of Send was told that it is sent, before it was. */
  isAnswered: boolean;
  /** Under way since then. */
  committing: Promise<CommitResult> | undefined;
}

export function newEntry({ message, reservation, about }: SmsOrder): Entry {
  return {
    id: message.challengeId,
    message,
    reservation,
    about,
    tried: new Set(),
    isHandingOver: false,
    attempts: 0,
    notBefore: Number.NEGATIVE_INFINITY,
    waiter: undefined,
    isAnswered: false,
    committing: undefined,
  };
}

/** When the send was reserved: what the store calls its `now`. */
export function reservedAt({ reservation }: Pick<SealedSend, 'reservation'>): number {
  return reservation.challenge.expiresAt - CODE_LIFETIME_MS;
}
