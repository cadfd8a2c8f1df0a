import type { SendReservation } from '../../domain/otp-store.ts';

/** The names of everything in Redis. */
export interface Keys {
  /** Which server this is, and what it descends from. */
  readonly lineage: string;
  readonly subject: (key: string) => string;
  readonly answer: (key: string) => string;
  readonly prefix: (key: string) => string;
  readonly usage: (account: string) => string;
  readonly reference: (reference: SendReservation['reference']) => string;
  /** All that one send touches. */
  readonly send: (reservation: SendReservation) => readonly [string, ...string[]];
}

export function keysBelow(keyPrefix: string): Keys {
  const keys: Omit<Keys, 'send'> = {
    lineage: `${keyPrefix}lineage`,
    subject: (key) => `${keyPrefix}s${key}`,
    answer: (key) => `${keyPrefix}a${key}`,
    prefix: (key) => `${keyPrefix}c${key}`,
    usage: (account) => `${keyPrefix}u${account}`,
    // A name also if there is no reference: a script is told every key before it runs.
    reference: (reference) => `${keyPrefix}r${reference?.key ?? ''}`,
  };
  const send: Keys['send'] = ({ subject, mobile, prefix, reference }) => [
    keys.subject(subject),
    `${keyPrefix}m${mobile}`,
    keys.prefix(prefix),
    keys.reference(reference),
  ];
  return { ...keys, send };
}
