const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const IST_OFFSET_MS = 5.5 * 60 * 60 * 1000;
const IST_DATE = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d) IST (\d{4})$/;

/**
 * An instant as the wire writes it: Java's `Date.toString()` in Indian Standard Time, `Fri May 22 16:04:04 IST 2026`.
 * `new Date()` of that text is an Invalid Date in Node, and its own text would be in the zone of this machine.
 *
 * @param instant milliseconds since the epoch
 */
export function formatIstDate(instant: number): string {
  const shifted = new Date(instant + IST_OFFSET_MS);
  const time = shifted.toISOString().slice(11, 19);
  const day = String(shifted.getUTCDate()).padStart(2, '0');
  return `${WEEKDAYS[shifted.getUTCDay()]} ${MONTHS[shifted.getUTCMonth()]} ${day} ${time} IST ${shifted.getUTCFullYear()}`;
}

/** Reads what {@link formatIstDate} writes; `undefined` for another zone, another form, or a date that does not exist. */
export function parseIstDate(text: string): Date | undefined {
  const [, month = '', ...numbers] = IST_DATE.exec(text) ?? [];
  const [day = 0, hours = 0, minutes = 0, seconds = 0, year = 0] = numbers.map(Number);
  const shifted = Date.UTC(
    year,
    MONTHS.findIndex((name) => name === month),
    day,
    hours,
    minutes,
    seconds,
  );
  const instant = shifted - IST_OFFSET_MS;
  // Only text that formats back to itself: `Date.UTC` turns 31 February into 3 March, and ignores the weekday.
  return formatIstDate(instant) === text ? new Date(instant) : undefined;
}
