import { DAY_MS, SEND_WINDOWS, type SendReservation, type SendWindow, WINDOW_PARTS } from '../../domain/otp-store.ts';
import type { PackedMap, Row } from './packed-map.ts';
import type { PossibleWait } from './send-rules.ts';

/** Counts of one window, by the number of their twelfth. */
type Parts = ReadonlyMap<number, number>;

/** The sends of accounts and of agents, over all mobiles. */
export class SendCounters {
  readonly #rows: PackedMap;

  constructor(rows: PackedMap) {
    this.#rows = rows;
  }

  /** How long this send must wait, for each window of its account and of its agent. */
  waits(send: SendReservation, now: number): PossibleWait[] {
    return (['account', 'agent'] as const).flatMap((whose) => {
      const row = this.#rows.get(keyOf(send, whose), now);
      return SEND_WINDOWS.map((window, index) => ({
        reason: `${whose}-${window.name}` as const,
        retryAfterMs: waitMs(partsOf(row, index, window, now), window, send.quotas[whose][window.quota], now),
      }));
    });
  }

  /** `change` is 1, or -1 to take back the send that was counted at `at`. */
  count(send: SendReservation, change: 1 | -1, at: number): void {
    for (const whose of ['account', 'agent'] as const) {
      const key = keyOf(send, whose);
      const row = this.#rows.get(key, at);
      const texts = SEND_WINDOWS.map((window, index) => {
        const parts = new Map(partsOf(row, index, window, at));
        const part = partOf(at, window);
        return packParts(parts.set(part, Math.max(0, (parts.get(part) ?? 0) + change)));
      });
      // A send that is taken back must not end the row of a later one early.
      const until = Math.max(Number(row?.[0] ?? 0), at + DAY_MS + DAY_MS / WINDOW_PARTS);
      this.#rows.set(key, [String(until), ...texts], at, send.account);
    }
  }

  requireRoom(send: SendReservation, now: number): void {
    this.#rows.requireRoom([keyOf(send, 'account'), keyOf(send, 'agent')], now, send.account);
  }
}

function keyOf({ account, agent }: SendReservation, whose: 'account' | 'agent'): string {
  return `${whose}:${whose === 'account' ? account : agent}`;
}

function partOf(at: number, { lengthMs }: SendWindow): number {
  return Math.floor(at / (lengthMs / WINDOW_PARTS));
}

/** Those that still count. */
function partsOf(row: Row | undefined, index: number, window: SendWindow, now: number): Parts {
  const text = row?.[index + 1] ?? '';
  const all = text === '' ? [] : text.split(',').map((part) => part.split(':').map(Number) as [number, number]);
  return new Map(all.filter(([part]) => part >= partOf(now, window) - WINDOW_PARTS));
}

function packParts(parts: Parts): string {
  return [...parts].map((part) => part.join(':')).join(',');
}

/** Until one more fits: as many of the oldest parts must have left the window. */
function waitMs(parts: Parts, { lengthMs }: SendWindow, allowed: number, now: number): number {
  let sends = [...parts.values()].reduce((sum, count) => sum + count, 0);
  let endsAt = now;
  for (const [part, count] of parts) {
    if (sends < allowed) break;
    sends -= count;
    endsAt = (part + WINDOW_PARTS + 1) * (lengthMs / WINDOW_PARTS);
  }
  return endsAt - now;
}
