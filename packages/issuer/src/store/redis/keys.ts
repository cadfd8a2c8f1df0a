import { type Attempt, type SendReservation, waitingKey } from '../../domain/otp-store.ts';

/** The names of everything in Redis. */
export interface Keys {
  /** Which server this is, and what it descends from. */
  readonly lineage: string;
  readonly subject: (key: string) => string;
  /** A session with a name, else the subject. */
  readonly waiting: (given: Pick<Attempt, 'subject' | 'session'>) => string;
  /** The pending codes of a subject. */
  readonly pending: (key: string) => string;
  readonly answer: (key: string) => string;
  readonly prefix: (key: string) => string;
  readonly accountConversions: (account: string) => string;
  readonly usage: (account: string) => string;
  readonly reference: (reference: SendReservation['reference']) => string;
  /** All that one send touches. */
  readonly send: (reservation: SendReservation) => readonly [string, ...string[]];
}

export function keysBelow(keyPrefix: string): Keys {
  const keys: Omit<Keys, 'send'> = {
    lineage: `${keyPrefix}lineage`,
    subject: (key) => `${keyPrefix}s${key}`,
    waiting: (given) => `${keyPrefix}s${waitingKey(given)}`,
    pending: (key) => `${keyPrefix}p${key}`,
    answer: (key) => `${keyPrefix}a${key}`,
    prefix: (key) => `${keyPrefix}c${key}`,
    accountConversions: (account) => `${keyPrefix}d${account}`,
    usage: (account) => `${keyPrefix}u${account}`,
    // A name also if there is no reference: a script is told every key before it runs.
    reference: (reference) => `${keyPrefix}r${reference?.key ?? ''}`,
  };
  const send: Keys['send'] = ({ subject, session, mobile, prefix, reference, account, agent }) => [
    keys.subject(subject),
    `${keyPrefix}m${mobile}`,
    keys.prefix(prefix),
    keys.reference(reference),
    keys.usage(account),
    `${keyPrefix}t${account}`,
    `${keyPrefix}g${agent}`,
    keys.accountConversions(account),
    keys.waiting({ subject, session }),
    keys.pending(subject),
  ];
  return { ...keys, send };
}
