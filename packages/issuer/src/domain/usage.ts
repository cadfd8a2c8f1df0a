import { DAY_MS, type DayUsage, type OtpStore } from './otp-store.ts';

const IST_OFFSET_MS = 5.5 * 60 * 60 * 1000;

/** The day on which a send is billed, in Indian Standard Time: `2026-05-22`. */
export function billingDay(now: number): string {
  return new Date(now + IST_OFFSET_MS).toISOString().slice(0, 10);
}

/** The month whose budget a send on that day uses: `2026-05`. */
export function billingMonth(day: string): string {
  return day.slice(0, 'yyyy-mm'.length);
}

export interface UsageReport {
  /** OTPs sent: billable. Verify and Validate are free. */
  readonly sent: number;
  readonly verified: number;
  /** Oldest first. */
  readonly days: readonly ({ readonly day: string } & DayUsage)[];
}

/** What an account has used on the last days, today included. */
export async function reportUsage(
  account: string,
  lastDays: number,
  store: OtpStore,
  now: number,
): Promise<UsageReport> {
  const names = Array.from({ length: lastDays }, (_, index) => billingDay(now - (lastDays - 1 - index) * DAY_MS));
  const usage = await store.usage(account, names);
  const days = names.map((day, index) => {
    const { sent = 0, verified = 0 } = usage[index] ?? {};
    return { day, sent, verified };
  });
  const total = (count: keyof DayUsage): number => days.reduce((sum, day) => sum + day[count], 0);
  return { sent: total('sent'), verified: total('verified'), days };
}
