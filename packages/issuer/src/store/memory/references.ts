import { ABANDONED_AFTER_MS, REFERENCE_MS, type SendDecision, type SendReservation } from '../../domain/otp-store.ts';
import { PackedMap } from './packed-map.ts';

type Reference = NonNullable<SendReservation['reference']>;

/** What each `client_ref_id` of the last 24 hours stood for. */
export class References {
  readonly #rows: PackedMap;

  constructor(maxRows: number) {
    this.#rows = new PackedMap(maxRows);
  }

  /** The answer to a send whose reference is known; `undefined` for a new one. */
  decide({ key, body }: Reference, now: number): SendDecision | undefined {
    const [, state, sentAt, tid = '', knownBody] = this.#rows.get(key, now) ?? [];
    if (state === undefined) return undefined;
    const isUnderWay = state === 'reserved';
    if (isUnderWay && now >= Number(sentAt) + ABANDONED_AFTER_MS) return undefined;
    if (knownBody !== body) return { outcome: 'conflict' };
    const retryAfterMs = Number(sentAt) + ABANDONED_AFTER_MS - now;
    return isUnderWay ? { outcome: 'under-way', retryAfterMs } : { outcome: 'repeated', tid, sentAt: Number(sentAt) };
  }

  mark({ key, body }: Reference, state: 'reserved' | 'sent', tid: string, now: number): void {
    this.#rows.set(key, [String(now + REFERENCE_MS), state, String(now), tid, body], now);
  }

  /** Forgets the reference, if it still is this send's. */
  forget({ key }: Reference, tid: string, now: number): void {
    if (this.#rows.get(key, now)?.[3] === tid) this.#rows.delete(key);
  }
}
