const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const IST_OFFSET_MS = 5.5 * 60 * 60 * 1000;

/**
 * An instant as the wire writes it: Java's `Date.toString()` in Indian Standard Time, `Fri May 22 16:04:04 IST 2026`.
 * `new Date()` of that text is an Invalid Date in Node, and the zone of this machine must not show through.
 *
 * @param instant milliseconds since the epoch
 */
export function formatIstDate(instant: number): string {
  const shifted = new Date(instant + IST_OFFSET_MS);
  const time = shifted.toISOString().slice(11, 19);
  const day = String(shifted.getUTCDate()).padStart(2, '0');
  return `${WEEKDAYS[shifted.getUTCDay()]} ${MONTHS[shifted.getUTCMonth()]} ${day} ${time} IST ${shifted.getUTCFullYear()}`;
}
