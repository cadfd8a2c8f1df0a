import type { ConversionGuard } from '../../domain/limits.ts';
import { CONVERSION_SLOT_MS, CONVERSION_SLOTS } from '../../domain/otp-store.ts';

interface Counted {
  /** By slot of the send. */
  readonly slots: Map<number, { sent: number; verified: number }>;
  lastSlowedAt: number;
}

/** Sends and verified codes, by prefix or by account, to see one that sends much and verifies little. */
export class Conversions {
  readonly #counted = new Map<string, Counted>();

  /** How long a send must wait; 0 or less lets it through. */
  waitMs(key: string, guard: ConversionGuard, now: number): number {
    const counted = this.#counted.get(key);
    if (counted === undefined || !isSuspicious(counted, guard, now)) return 0;
    return counted.lastSlowedAt + guard.secondsBetweenSends * 1000 - now;
  }

  /** `change` is 1, or -1 to take a send back. */
  countSend(key: string, change: 1 | -1, guard: ConversionGuard, now: number): void {
    const counted = this.#of(key);
    if (change === 1 && isSuspicious(counted, guard, now)) counted.lastSlowedAt = now;
    this.#slot(counted, now).sent += change;
    for (const slot of counted.slots.keys()) if (slot < slotOf(now) - CONVERSION_SLOTS) counted.slots.delete(slot);
  }

  countVerified(key: string, sentAt: number): void {
    this.#slot(this.#of(key), sentAt).verified += 1;
  }

  #of(key: string): Counted {
    const found = this.#counted.get(key) ?? { slots: new Map(), lastSlowedAt: Number.NEGATIVE_INFINITY };
    this.#counted.set(key, found);
    return found;
  }

  #slot({ slots }: Counted, at: number): { sent: number; verified: number } {
    const found = slots.get(slotOf(at)) ?? { sent: 0, verified: 0 };
    slots.set(slotOf(at), found);
    return found;
  }
}

/** Only slots that have ended count: the newest codes are still on their way to be verified. */
function isSuspicious({ slots }: Counted, { minimumSends, minimumShare }: ConversionGuard, now: number): boolean {
  let [sent, verified] = [0, 0];
  for (let slot = slotOf(now) - CONVERSION_SLOTS; slot < slotOf(now); slot += 1) {
    sent += slots.get(slot)?.sent ?? 0;
    verified += slots.get(slot)?.verified ?? 0;
  }
  return sent >= minimumSends && verified < sent * minimumShare;
}

function slotOf(at: number): number {
  return Math.floor(at / CONVERSION_SLOT_MS);
}
