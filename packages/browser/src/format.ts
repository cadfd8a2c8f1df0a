import type { OtpApproval } from './otp-state.ts';

/** Puts `4:05` in the place of `{time}`. */
export function withTime(text: string, ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return text.replace('{time}', `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`);
}

/** `₹2,500.00`. What no number format takes stays as it is. */
export function formatAmount({ amount, currency }: OtpApproval, language: string): string {
  if (!currency || !/^\d+(\.\d+)?$/.test(amount)) return amount;
  try {
    return new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount as `${number}`);
  } catch {
    return `${currency} ${amount}`;
  }
}
