import { DAY_MS, FAILURES_REMEMBERED_MS } from '../../domain/otp-store.ts';
import { type Codes, packCode, unpackCode } from './codes.ts';
import type { Row } from './packed-map.ts';

/** All that is known of one mobile at one account. A session with a name has a row of its own, for its failures alone. Instants in milliseconds since the epoch. */
export interface Subject extends Codes {
  /** Of the last 24 hours, oldest first. */
  readonly sends: readonly number[];
  /** Sends of the last hour whose SMS was refused: they count for pauses alone. */
  readonly refused: readonly number[];
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
    live: undefined,
    pending: [],
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
  const { sends, refused, live, pending, failures, failuresInRow, waits, waitsUntil } = subject;
  const hasFailed = failuresInRow > 0 || failures.length > 0;
  return [
    String(now + (failuresInRow > 0 ? FAILURES_REMEMBERED_MS : DAY_MS)),
    refused.length === 0 ? packInstants(sends) : `${packInstants(sends)};${packInstants(refused)}`,
    pending.length === 0 ? '' : JSON.stringify(pending.map(packCode)),
    !hasFailed ? '' : [packInstants(failures), failuresInRow, waits, waitsUntil].join(';'),
    ...(live === undefined ? [] : packCode(live)),
  ];
}

export function unpackSubject(row: Row): Subject {
  const [, sent = '', pending = '', failing = '', ...live] = row;
  const [sends = '', refused = ''] = sent.split(';');
  const [failures = '', failuresInRow, waits, waitsUntil] = failing.split(';');
  return {
    sends: unpackInstants(sends),
    refused: unpackInstants(refused),
    live: live.length === 0 ? undefined : unpackCode(live),
    pending: pending === '' ? [] : (JSON.parse(pending) as string[][]).map(unpackCode),
    failures: unpackInstants(failures),
    failuresInRow: Number(failuresInRow || 0),
    waits: Number(waits || 0),
    waitsUntil: Number(waitsUntil || 0),
  };
}

export function packInstants(instants: readonly number[]): string {
  return instants.join(',');
}

export function unpackInstants(text: string): number[] {
  return text === '' ? [] : text.split(',').map(Number);
}
