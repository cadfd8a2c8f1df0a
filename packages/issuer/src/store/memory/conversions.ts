import type { ConversionGuard } from '../../domain/limits.ts';
import { CONVERSION_SLOT_MS, CONVERSION_SLOTS } from '../../domain/otp-store.ts';

interface Prefix {
  /** By slot of the send. */
  readonly slots: Map<number, { sent: number; verified: number }>;
  lastSlowedAt: number;
}

/** Sends and verified codes by prefix, to see a prefix that sends much and verifies little. */
export class Conversions {
  readonly #prefixes = new Map<string, Prefix>();

  /** How long a send to this prefix must wait; 0 lets it through. */
  waitMs(key: string, guard: ConversionGuard, now: number): number {
    const prefix = this.#prefixes.get(key);
    if (prefix === undefined || !isSuspicious(prefix, guard, now)) return 0;
    return Math.max(0, prefix.lastSlowedAt + guard.secondsBetweenSends * 1000 - now);
  }

  /** `change` is 1, or -1 to take a send back. */
  countSend(key: string, change: 1 | -1, guard: ConversionGuard, now: number): void {
    const prefix = this.#prefix(key);
    if (change === 1 && isSuspicious(prefix, guard, now)) prefix.lastSlowedAt = now;
    this.#slot(prefix, now).sent += change;
    for (const slot of prefix.slots.keys()) if (slot < slotOf(now) - CONVERSION_SLOTS) prefix.slots.delete(slot);
  }

  countVerified(key: string, sentAt: number): void {
    this.#slot(this.#prefix(key), sentAt).verified += 1;
  }

  #prefix(key: string): Prefix {
    const found = this.#prefixes.get(key) ?? { slots: new Map(), lastSlowedAt: Number.NEGATIVE_INFINITY };
    this.#prefixes.set(key, found);
    return found;
  }

  #slot({ slots }: Prefix, at: number): { sent: number; verified: number } {
    const found = slots.get(slotOf(at)) ?? { sent: 0, verified: 0 };
    slots.set(slotOf(at), found);
    return found;
  }
}

/** Only slots that have ended count: the newest codes are still on their way to be verified. */
function isSuspicious({ slots }: Prefix, { minimumSends, minimumShare }: ConversionGuard, now: number): boolean {
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
