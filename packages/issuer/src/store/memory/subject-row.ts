import type { Challenge } from '../../domain/challenge.ts';
import { DAY_MS, FAILURES_REMEMBERED_MS } from '../../domain/otp-store.ts';
import type { Row } from './packed-map.ts';

/** All that is known of one mobile at one account. A session with a name has a row of its own, for its failures alone. Instants in milliseconds since the epoch. */
export interface Subject {
  /** Of the last 24 hours, oldest first. */
  readonly sends: readonly number[];
  /** Sends of the last hour whose SMS was refused: they count for pauses alone. */
  readonly refused: readonly number[];
  /** Ids of the sends that were reserved and have not ended, oldest first. */
  readonly underWay: readonly string[];
  readonly challenge: Challenge | undefined;
  /** In which the challenge was asked for; empty without a name. */
  readonly session: string;
  readonly attempts: number;
  /** When the challenge was consumed; 0 while it is not. */
  readonly answeredAt: number;
  /** Of the last hour, oldest first. */
  readonly failures: readonly number[];
  readonly failuresInRow: number;
  /** How many waits the failures have cost so far: each is twice as long. */
  readonly waits: number;
  readonly waitsUntil: number;
}

export function emptySubject(): Subject {
  return {
    sends: [],
    refused: [],
    underWay: [],
    challenge: undefined,
    session: '',
    attempts: 0,
    answeredAt: 0,
    ...NO_FAILURES,
  };
}

/** Those that make a session wait. */
export type SessionFailures = Pick<Subject, 'failures' | 'waits' | 'waitsUntil'>;

export const NO_SESSION_FAILURES: SessionFailures = Object.freeze({ failures: [], waits: 0, waitsUntil: 0 });

export const NO_FAILURES: SessionFailures & Pick<Subject, 'failuresInRow'> = Object.freeze({
  ...NO_SESSION_FAILURES,
  failuresInRow: 0,
});

export function packSubject(subject: Subject, now: number): Row {
  const { sends, refused, underWay, challenge, failures, failuresInRow, waits, waitsUntil } = subject;
  const hasFailed = failuresInRow > 0 || failures.length > 0;
  return [
    String(now + (failuresInRow > 0 ? FAILURES_REMEMBERED_MS : DAY_MS)),
    refused.length === 0 ? packInstants(sends) : `${packInstants(sends)};${packInstants(refused)}`,
    underWay.join(','),
    !hasFailed ? '' : [packInstants(failures), failuresInRow, waits, waitsUntil].join(';'),
    ...(challenge === undefined ? [] : packChallenge(challenge, subject)),
  ];
}

export function unpackSubject(row: Row): Subject {
  const [, sent = '', underWay = '', failing = '', id = '', ...rest] = row;
  const [sends = '', refused = ''] = sent.split(';');
  const [failures = '', failuresInRow, waits, waitsUntil] = failing.split(';');
  const [codeMac = '', clientRefId = '', transactionHash = '', session = '', ...counts] = rest;
  const [attemptsAllowed, expiresAt, attempts, answeredAt] = counts;
  const numbers = { attemptsAllowed: Number(attemptsAllowed), expiresAt: Number(expiresAt) };
  return {
    sends: unpackInstants(sends),
    refused: unpackInstants(refused),
    underWay: underWay === '' ? [] : underWay.split(','),
    challenge: id === '' ? undefined : { id, codeMac, clientRefId, transactionHash, ...numbers },
    session,
    attempts: Number(attempts || 0),
    answeredAt: Number(answeredAt || 0),
    failures: unpackInstants(failures),
    failuresInRow: Number(failuresInRow || 0),
    waits: Number(waits || 0),
    waitsUntil: Number(waitsUntil || 0),
  };
}

function packChallenge(challenge: Challenge, { session, attempts, answeredAt }: Subject): string[] {
  const { id, codeMac, clientRefId, transactionHash, attemptsAllowed, expiresAt } = challenge;
  const numbers = [attemptsAllowed, expiresAt, attempts || '', answeredAt || ''].map(String);
  return [id, codeMac, clientRefId, transactionHash, session, ...numbers];
}

export function packInstants(instants: readonly number[]): string {
  return instants.join(',');
}

export function unpackInstants(text: string): number[] {
  return text === '' ? [] : text.split(',').map(Number);
}
