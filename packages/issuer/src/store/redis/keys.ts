import type { SendReservation } from '../../domain/otp-store.ts';

/** The names of everything in Redis. */
export interface Keys {
  subject: (key: string) => string;
  answer: (key: string) => string;
  prefix: (key: string) => string;
  usage: (tenant: string) => string;
  reference: (reference: SendReservation['reference']) => string;
  /** All that one send touches. */
  send: (reservation: SendReservation) => string[];
}

export function keysBelow(keyPrefix: string): Keys {
  const keys: Omit<Keys, 'send'> = {
    subject: (key) => `${keyPrefix}s${key}`,
    answer: (key) => `${keyPrefix}a${key}`,
    prefix: (key) => `${keyPrefix}c${key}`,
    usage: (tenant) => `${keyPrefix}u${tenant}`,
    // A name all the same where there is none: a script is told every key before it runs.
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
