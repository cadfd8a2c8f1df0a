import type { Fields, Tlv } from './smpp-pdu.ts';

/** Statuses of SMPP 3.4, §5.1.3, that a test has an SMSC answer with. */
export const STATUS = {
  ok: 0x00,
  invalidCommandLength: 0x02,
  invalidCommand: 0x03,
  wrongBindState: 0x04,
  alreadyBound: 0x05,
  systemError: 0x08,
  invalidDestination: 0x0b,
  bindFailed: 0x0d,
  wrongPassword: 0x0e,
  wrongSystemId: 0x0f,
  queueFull: 0x14,
  submitFailed: 0x45,
  throttled: 0x58,
} as const;

/** What the SMSC does about one request. */
export type Answer =
  | { readonly do: 'accept'; readonly fields?: Fields; readonly tlvs?: readonly Tlv[] }
  | { readonly do: 'refuse'; readonly status: number }
  /** Nothing, until the test calls `answer`: late, out of order, or never. */
  | { readonly do: 'hold' }
  /** Ends the connection: before the answer, after it, or in the middle of its bytes. */
  | { readonly do: 'lose'; readonly at: 'before' | 'after' | 'midway' }
  /** These bytes instead of an answer. */
  | { readonly do: 'send'; readonly bytes: Buffer };

export const ACCEPT: Answer = { do: 'accept' };
export const HOLD: Answer = { do: 'hold' };
export const refuse = (status: number): Answer => ({ do: 'refuse', status });
export const lose = (at: 'before' | 'after' | 'midway'): Answer => ({ do: 'lose', at });

/** Decides about a request: `nth` counts those of its command from 1, over all connections. */
export type Decide<Request> = (request: Request, nth: number) => Answer;

/** What an SMSC does. Whatever is missing is accepted. */
export interface Script<Request> {
  readonly bind?: Decide<Request>;
  readonly submit?: Decide<Request>;
  readonly enquireLink?: Decide<Request>;
  readonly unbind?: Decide<Request>;
}

/** This answer to the nth request of its kind, and `others` to the rest. */
export function nth<Request>(ordinal: number, answer: Answer, others: Answer = ACCEPT): Decide<Request> {
  return (_request, count) => (count === ordinal ? answer : others);
}
