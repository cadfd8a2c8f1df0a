import type { DayUsage } from '../../domain/otp-store.ts';

const NONE: DayUsage = Object.freeze({ sent: 0, verified: 0 });

/** Billable sends and verified codes, by account and day; and by account and month what its budget was used for. */
export class Usage {
  readonly #days = new Map<string, DayUsage>();
  readonly #months = new Map<string, number>();

  of(account: string, day: string): DayUsage {
    return this.#days.get(keyOf(account, day)) ?? NONE;
  }

  /** `change` is 1, or -1 to take a send off the bill. */
  count(account: string, day: string, what: keyof DayUsage, change: 1 | -1 = 1): void {
    const before = this.of(account, day);
    this.#days.set(keyOf(account, day), { ...before, [what]: before[what] + change });
  }

  reservedIn(account: string, month: string): number {
    return this.#months.get(keyOf(account, month)) ?? 0;
  }

  /** `change` is 1, or -1 to take a send back. */
  reserve(account: string, month: string, change: 1 | -1): void {
    this.#months.set(keyOf(account, month), Math.max(0, this.reservedIn(account, month) + change));
  }
}

function keyOf(account: string, period: string): string {
  return JSON.stringify([account, period]);
}
