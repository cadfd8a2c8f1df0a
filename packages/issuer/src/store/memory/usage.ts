import type { DayUsage } from '../../domain/otp-store.ts';

const NONE: DayUsage = Object.freeze({ sent: 0, verified: 0 });

/** Billable sends and verified codes, by account and day. */
export class Usage {
  readonly #days = new Map<string, DayUsage>();

  of(account: string, day: string): DayUsage {
    return this.#days.get(keyOf(account, day)) ?? NONE;
  }

  count(account: string, day: string, what: keyof DayUsage): void {
    const before = this.of(account, day);
    this.#days.set(keyOf(account, day), { ...before, [what]: before[what] + 1 });
  }
}

function keyOf(account: string, day: string): string {
  return JSON.stringify([account, day]);
}
