import type { SmsReceipt } from './sms-route.ts';

/**
 * Keeps the SMS that are to be handed over, so that every one is handed over at most once, whichever node dies. Every verb is
 * one atomic step, also between processes. `now` is milliseconds since the epoch and comes from the caller. No verb ever sees
 * a code or a text: those are sealed. An outage throws.
 *
 * | state          | by                                                        | becomes |
 * | -------------- | --------------------------------------------------------- | ------- |
 * | `queued`       | `enqueue` without a route, `settle` as `queued`, `takeOver` | `handing-over` by `begin`; `refused` by `withdraw`; `expired` by any of the three once its code has expired |
 * | `handing-over` | `enqueue` with a route, `begin`                           | what `settle` says; `refused` by `withdraw`; `unknown` by `takeOver`, when its node is gone |
 * | `accepted`     | `settle`                                                  | itself: final |
 * | `unknown`      | `settle`, `takeOver`                                      | `accepted`, if the node that was taken for dead says so after all; else itself |
 * | `refused`      | `settle`, `withdraw`                                      | itself: final |
 * | `expired`      | `begin`, `withdraw`, `takeOver`                           | itself: final |
 *
 * The sealed text is wiped with the first of the last four. A message that was `handing-over` is never `queued` by another
 * node: what it was handed to may have accepted it. What is known of a message is forgotten 24 hours after its last change.
 *
 * `describeOutbox` of `@verified-mobile/issuer/testing` is the suite that an outbox of your own must pass.
 */
export interface Outbox {
  /** `process`: its nodes are of one process, and end with it. `shared`: a node that is gone is taken over by another one. */
  readonly scope: 'process' | 'shared';
  /** Keeps a message for `node`: as one that is being handed over to `route`, or, without one, as queued if there is room. */
  enqueue(message: OutboxMessage, place: OutboxPlace, now: number): Promise<{ readonly outcome: 'enqueued' | 'full' }>;
  /**
   * The node that holds the message is about to hand it over to `route`, and has not handed it to any that may have accepted
   * it. Only if it is told `begun` may it do so. An attempt that is not a later one is a command that came late: `taken`.
   */
  begin(id: string, begun: HandOverBegun, now: number): Promise<{ readonly outcome: 'begun' | 'expired' | NotHeld }>;
  /** What came of this very hand-over. Returns the receipt, if it came before. */
  settle(id: string, from: HandOverAttempt, settlement: Settlement, now: number): Promise<Settled>;
  /** The node that holds the message will not hand it over, and never did to one that may have accepted it. */
  withdraw(id: string, node: string, now: number): Promise<{ readonly outcome: 'withdrawn' | 'expired' | NotHeld }>;
  /** The node that holds it answers Send as if it were sent, and commits it: whoever takes over must not do so again. */
  markAnswered(id: string, node: string): Promise<{ readonly outcome: 'marked' | NotHeld }>;
  /** A receipt. One of a message that is not known yet is kept for a minute: it may overtake the answer to the hand-over. */
  receive(route: string, receipt: SmsReceipt, now: number): Promise<ReceiptResult>;
  find(account: string, tid: string): Promise<OutboxEntry | undefined>;
  /** The node lives, for so long at least. Returns those that do not any more. */
  beat(node: string, leaseMs: number): Promise<readonly string[]>;
  /** The node holds nothing any more that it will hand over: others may take it over at once. */
  leave(node: string): Promise<void>;
  /** Ids of what a node holds, in any order, at most 1,000 of them. Forgets a node that is gone and holds nothing. */
  heldBy(node: string): Promise<readonly string[]>;
  /** Takes one message from a node that is gone, by the store's own time. */
  takeOver(id: string, between: { readonly from: string; readonly to: string }, now: number): Promise<TakenOver>;
  /** Resolves if it can be written; rejects with what to do about it. */
  ready?(): Promise<void>;
}

/** The node does not hold it: another one does, or it has ended; or the outbox lost it, or cannot vouch for its state. */
export type NotHeld = 'taken' | 'forgotten';

export interface OutboxMessage {
  /** That of the challenge. */
  readonly id: string;
  readonly account: string;
  readonly tid: string;
  /** Milliseconds since the epoch; from then on it is not handed over. */
  readonly expiresAt: number;
  /** The SMS and its reservation, encrypted. */
  readonly sealed: string;
  /** What events say of it: JSON, masked. */
  readonly about: string;
}

export interface OutboxPlace {
  readonly node: string;
  /** By its name. */
  readonly route?: string;
}

/** One hand-over of a message. */
export interface HandOverAttempt extends Required<OutboxPlace> {
  /** Counts the hand-overs of a message; that of `enqueue` is 1. What is said of an earlier one changes nothing. */
  readonly attempt: number;
}

export interface HandOverBegun extends HandOverAttempt {
  /** The routes that refused it. */
  readonly tried: readonly string[];
}

export type Settlement =
  | { readonly state: 'accepted' | 'unknown'; readonly messageId?: string }
  /** Refused by this route, and there is one that may take it later. */
  | { readonly state: 'queued'; readonly tried: readonly string[] }
  /** Refused by every route. */
  | { readonly state: 'refused'; readonly operatorCode?: string };

export interface Settled {
  /** `lost`: it was not this node's to settle any more. */
  readonly outcome: 'settled' | 'lost';
  readonly receipt?: Omit<SmsReceipt, 'messageId'>;
}

export type ReceiptResult =
  | { readonly outcome: 'recorded'; readonly about: string }
  /** It says nothing new, or comes after a final one: nothing changed. */
  | { readonly outcome: 'repeated' }
  /** No such message, so far. */
  | { readonly outcome: 'unmatched' };

export type TakenOver =
  | (Pick<OutboxMessage, 'id' | 'sealed' | 'about' | 'expiresAt'> & {
      readonly outcome: 'queued' | 'expired';
      readonly tried: readonly string[];
      /** How often it was handed over so far. */
      readonly attempts: number;
      readonly isAnswered: boolean;
    })
  /** It was being handed over to `route`, or its state cannot be vouched for. */
  | { readonly outcome: 'unknown'; readonly about: string; readonly route?: string }
  /** The node lives, or does not hold it. */
  | { readonly outcome: 'lost' };

export type OutboxState = 'queued' | 'handing-over' | 'accepted' | 'unknown' | 'refused' | 'expired';

/** What is known of a message. Instants in milliseconds since the epoch. */
export interface OutboxEntry {
  readonly state: OutboxState;
  readonly about: string;
  readonly queuedAt: number;
  readonly expiresAt: number;
  /** The last one that it was handed over to. */
  readonly route?: string;
  readonly handedOverAt?: number;
  readonly endedAt?: number;
  readonly messageId?: string;
  /** Of the refusal. */
  readonly operatorCode?: string;
  readonly receipt?: Omit<SmsReceipt, 'messageId'> & { readonly at: number };
}

/** How long what became of a message is known, after its last change. */
export const OUTBOX_REMEMBERED_MS: number = 24 * 60 * 60 * 1000;
/** How long a receipt waits for its message. */
export const EARLY_RECEIPT_MS = 60_000;
export const DEFAULT_MAX_QUEUED = 10_000;
export const MOST_HELD_AT_ONCE = 1_000;

/** Whether a receipt changes what is known: the first one does, and a final one after one that is not. */
export function changesReceipt(known: SmsReceipt['status'] | undefined, status: SmsReceipt['status']): boolean {
  return known === undefined || (known === 'accepted' && status !== 'accepted');
}
