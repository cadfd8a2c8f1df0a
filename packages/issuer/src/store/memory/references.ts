import { ABANDONED_AFTER_MS, REFERENCE_MS, type SendDecision, type SendReservation } from '../../domain/otp-store.ts';
import type { PackedMap } from './packed-map.ts';

/** What each `client_ref_id` of the last 24 hours stood for. */
export class References {
  readonly #rows: PackedMap;

  constructor(rows: PackedMap) {
    this.#rows = rows;
  }

  requireRoom({ reference, account }: SendReservation, now: number): void {
    if (reference !== undefined) this.#rows.requireRoom([reference.key], now, account);
  }

  /** The answer to a send whose reference is known; `undefined` for a new one. */
  decide({ reference }: SendReservation, now: number): SendDecision | undefined {
    if (reference === undefined) return undefined;
    const { key, body } = reference;
    const [, state, sentAt, tid = '', knownBody] = this.#rows.get(key, now) ?? [];
    if (state === undefined) return undefined;
    const isUnderWay = state === 'reserved';
    if (isUnderWay && now >= Number(sentAt) + ABANDONED_AFTER_MS) return undefined;
    if (knownBody !== body) return { outcome: 'conflict' };
    const retryAfterMs = Number(sentAt) + ABANDONED_AFTER_MS - now;
    return isUnderWay ? { outcome: 'under-way', retryAfterMs } : { outcome: 'repeated', tid, sentAt: Number(sentAt) };
  }

  mark({ reference, account, tid }: SendReservation, state: 'reserved' | 'sent', now: number): void {
    if (reference === undefined) return;
    const { key, body } = reference;
    this.#rows.set(key, [String(now + REFERENCE_MS), state, String(now), tid, body], now, account);
  }

  /** Forgets the reference, if it still is this send's. */
  forget({ reference, tid }: SendReservation, now: number): void {
    if (reference !== undefined && this.#rows.get(reference.key, now)?.[3] === tid) this.#rows.delete(reference.key);
  }
}
