export type ValidityForm = 'relative' | 'absolute' | 'none';

const LONGEST_SECONDS = 30 * 86_400;

/**
 * How long the provider may try to deliver, as SMPP writes times; nothing if no second is left.
 *
 * @param expiresAt milliseconds since the epoch
 * @see SMPP 3.4, section 7.1.1
 */
export function validityPeriod(expiresAt: number, now: number, form: ValidityForm): string | undefined {
  const seconds = Math.min(LONGEST_SECONDS, Math.floor((expiresAt - now) / 1_000));
  if (!(seconds > 0)) return undefined;
  switch (form) {
    case 'none':
      return '';
    case 'relative':
      return `0000${twoDigits(seconds / 86_400)}${clockTime(seconds % 86_400)}000R`;
    case 'absolute':
      return `${new Date(now + seconds * 1_000).toISOString().replaceAll(/\D/g, '').slice(2, 14)}000+`;
  }
}

function clockTime(seconds: number): string {
  return [seconds / 3_600, (seconds / 60) % 60, seconds % 60].map(twoDigits).join('');
}

function twoDigits(count: number): string {
  return String(Math.floor(count)).padStart(2, '0');
}
