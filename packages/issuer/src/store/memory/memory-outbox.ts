import {
  changesReceipt,
  DEFAULT_MAX_QUEUED,
  EARLY_RECEIPT_MS,
  MOST_HELD_AT_ONCE,
  type NotHeld,
  type Outbox,
  OUTBOX_REMEMBERED_MS,
  type OutboxState,
} from '../../domain/outbox.ts';
import { refuseUnknownNames, requireWhole } from '../../lib/settings.ts';
import { entryOf, keyOf, type Receipt, type Row } from './outbox-row.ts';

export interface MemoryOutboxOptions {
  /** How many SMS may wait for a route; then Send answers that the OTP could not be sent. 1 to 1,000,000, default 10,000. */
  readonly maxQueued?: number;
}

/** Of messages that have ended: beyond that the oldest are forgotten before their 24 hours are over. */
const MOST_ENDED = 50_000;
const MOST_EARLY_RECEIPTS = 1_000;

/** In the memory of this one process: what waits is lost with it, and what is being handed over is known to nobody. */
export function memoryOutbox(options: MemoryOutboxOptions = {}): Outbox {
  refuseUnknownNames('memoryOutbox', options, ['maxQueued']);
  const { maxQueued = DEFAULT_MAX_QUEUED } = options;
  requireWhole('maxQueued', maxQueued, 1, 1_000_000);
  return new MemoryOutbox(maxQueued);
}

/** No `await` inside a verb: each runs to its end before another begins, and that is what makes it atomic. */
class MemoryOutbox implements Outbox {
  readonly scope = 'process';
  readonly #maxQueued: number;
  readonly #rows = new Map<string, Row>();
  readonly #idOfTid = new Map<string, string>();
  readonly #idOfMessage = new Map<string, string>();
  readonly #early = new Map<string, { readonly receipt: Receipt; readonly until: number }>();
  /** Until when each node lives, of `performance.now()`. */
  readonly #leases = new Map<string, number>();
  /** Ids, the oldest first. */
  readonly #ended = new Set<string>();
  #queued = 0;

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued;
  }

  enqueue: Outbox['enqueue'] = async ({ sealed, ...message }, { node, route }, now) => {
    if (route === undefined && this.#queued >= this.#maxQueued) return { outcome: 'full' };
    this.#forgetOld(now);
    const row: Row = {
      message,
      sealed,
      state: 'queued',
      node,
      route,
      attempt: route === undefined ? 0 : 1,
      tried: [],
      isAnswered: false,
      queuedAt: now,
      handedOverAt: route === undefined ? undefined : now,
      endedAt: undefined,
      messageId: undefined,
      operatorCode: undefined,
      receipt: undefined,
    };
    this.#queued += 1;
    if (route !== undefined) this.#move(row, 'handing-over');
    this.#rows.set(message.id, row);
    this.#idOfTid.set(keyOf(message.account, message.tid), message.id);
    return { outcome: 'enqueued' };
  };

  begin: Outbox['begin'] = async (id, { node, route, attempt, tried }, now) => {
    const row = this.#held(id, node);
    if (typeof row === 'string') return { outcome: row };
    if (attempt <= row.attempt) return { outcome: 'taken' };
    if (now >= row.message.expiresAt) {
      this.#end(row, 'expired', now);
      return { outcome: 'expired' };
    }
    this.#move(row, 'handing-over');
    Object.assign(row, { route, attempt, tried, handedOverAt: now });
    return { outcome: 'begun' };
  };

  settle: Outbox['settle'] = async (id, { node, route, attempt }, settlement, now) => {
    const row = this.#rows.get(id);
    const isLate = row?.state === 'unknown' && settlement.state === 'accepted';
    const isOurs = row !== undefined && row.node === node && row.route === route && row.attempt === attempt;
    if (!isOurs || (row.state !== 'handing-over' && !isLate)) return { outcome: 'lost' };
    if (settlement.state === 'queued') {
      this.#move(row, 'queued');
      row.tried = settlement.tried;
      return { outcome: 'settled' };
    }
    this.#end(row, settlement.state, now);
    if (settlement.state === 'refused') {
      row.operatorCode = settlement.operatorCode;
      return { outcome: 'settled' };
    }
    if (settlement.messageId === undefined) return { outcome: 'settled' };
    row.messageId = settlement.messageId;
    const key = keyOf(route, settlement.messageId);
    this.#idOfMessage.set(key, id);
    const early = this.#early.get(key);
    this.#early.delete(key);
    if (early === undefined || now >= early.until) return { outcome: 'settled' };
    row.receipt = { ...early.receipt, at: now };
    return { outcome: 'settled', receipt: early.receipt };
  };

  withdraw: Outbox['withdraw'] = async (id, node, now) => {
    const row = this.#held(id, node);
    if (typeof row === 'string') return { outcome: row };
    const isExpired = now >= row.message.expiresAt;
    this.#end(row, isExpired ? 'expired' : 'refused', now);
    return { outcome: isExpired ? 'expired' : 'withdrawn' };
  };

  markAnswered: Outbox['markAnswered'] = async (id, node) => {
    const row = this.#held(id, node);
    if (typeof row === 'string') return { outcome: row };
    row.isAnswered = true;
    return { outcome: 'marked' };
  };

  receive: Outbox['receive'] = async (route, { messageId, ...receipt }, now) => {
    const key = keyOf(route, messageId);
    const row = this.#rows.get(this.#idOfMessage.get(key) ?? '');
    if (row === undefined) {
      this.#keepEarly(key, receipt, now);
      return { outcome: 'unmatched' };
    }
    if (!changesReceipt(row.receipt?.status, receipt.status)) return { outcome: 'repeated' };
    row.receipt = { ...receipt, at: now };
    return { outcome: 'recorded', about: row.message.about };
  };

  find: Outbox['find'] = async (account, tid) => {
    const row = this.#rows.get(this.#idOfTid.get(keyOf(account, tid)) ?? '');
    return row && entryOf(row);
  };

  beat: Outbox['beat'] = async (node, leaseMs) => {
    this.#leases.set(node, performance.now() + leaseMs);
    return [...this.#leases.keys()].filter((other) => !this.#lives(other));
  };

  leave: Outbox['leave'] = async (node) => void this.#leases.set(node, Number.NEGATIVE_INFINITY);

  heldBy: Outbox['heldBy'] = async (node) => {
    const rows = [...this.#rows.values()].filter((row) => row.node === node && row.endedAt === undefined);
    if (rows.length === 0 && !this.#lives(node)) this.#leases.delete(node);
    return rows.slice(0, MOST_HELD_AT_ONCE).map(({ message }) => message.id);
  };

  takeOver: Outbox['takeOver'] = async (id, { from, to }, now) => {
    const row = this.#held(id, from);
    if (typeof row === 'string' || this.#lives(from)) return { outcome: 'lost' };
    const { sealed, isAnswered, tried, route, attempt: attempts } = row;
    const { about, expiresAt } = row.message;
    if (row.state === 'handing-over') {
      this.#end(row, 'unknown', now);
      return { outcome: 'unknown', about, ...(route !== undefined && { route }) };
    }
    const isExpired = now >= expiresAt;
    if (isExpired) this.#end(row, 'expired', now);
    else row.node = to;
    return { outcome: isExpired ? 'expired' : 'queued', id, sealed, about, expiresAt, tried, attempts, isAnswered };
  };

  #held(id: string, node: string): Row | NotHeld {
    const row = this.#rows.get(id);
    if (row === undefined) return 'forgotten';
    return row.node === node && row.endedAt === undefined ? row : 'taken';
  }

  #lives(node: string): boolean {
    return (this.#leases.get(node) ?? Number.NEGATIVE_INFINITY) > performance.now();
  }

  #move(row: Row, state: OutboxState): void {
    if (row.state === 'queued') this.#queued -= 1;
    if (state === 'queued') this.#queued += 1;
    row.state = state;
  }

  #end(row: Row, state: OutboxState, now: number): void {
    this.#move(row, state);
    row.sealed = '';
    row.endedAt = now;
    this.#ended.add(row.message.id);
  }

  #keepEarly(key: string, receipt: Receipt, now: number): void {
    const known = this.#early.get(key);
    if (known && !changesReceipt(known.receipt.status, receipt.status)) return;
    this.#early.delete(key);
    this.#early.set(key, { receipt, until: now + EARLY_RECEIPT_MS });
    const [oldest] = this.#early.keys();
    if (this.#early.size > MOST_EARLY_RECEIPTS && oldest !== undefined) this.#early.delete(oldest);
  }

  #forgetOld(now: number): void {
    for (const id of this.#ended) {
      const row = this.#rows.get(id);
      const isDue = row === undefined || now >= Number(row.endedAt) + OUTBOX_REMEMBERED_MS;
      if (!isDue && this.#ended.size <= MOST_ENDED) return;
      this.#ended.delete(id);
      this.#rows.delete(id);
      if (row === undefined) continue;
      const { account, tid } = row.message;
      if (this.#idOfTid.get(keyOf(account, tid)) === id) this.#idOfTid.delete(keyOf(account, tid));
      if (row.route !== undefined && row.messageId !== undefined) {
        this.#idOfMessage.delete(keyOf(row.route, row.messageId));
      }
    }
  }
}
