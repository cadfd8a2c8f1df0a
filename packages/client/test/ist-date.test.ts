import { formatIstDate, parseIstDate } from '@verified-mobile/client';
import { expect, it } from 'vitest';

it.each([
  ['2026-05-22T10:34:04Z', 'Fri May 22 16:04:04 IST 2026'],
  ['2026-12-31T18:29:59Z', 'Thu Dec 31 23:59:59 IST 2026'],
  ['2026-12-31T18:30:00Z', 'Fri Jan 01 00:00:00 IST 2027'],
  ['2024-02-28T23:59:59Z', 'Thu Feb 29 05:29:59 IST 2024'],
])('writes and reads %s as %s, in any zone of this machine', (instant, text) => {
  expect(formatIstDate(Date.parse(instant))).toBe(text);
  expect(parseIstDate(text)).toEqual(new Date(instant));
});

it('drops the milliseconds, for which the wire has no place', () => {
  expect(formatIstDate(Date.parse('2026-12-31T18:29:59.999Z'))).toBe('Thu Dec 31 23:59:59 IST 2026');
});

it.each([
  ['another zone', 'Fri May 22 16:04:04 UTC 2026'],
  ['the wrong weekday', 'Mon May 22 16:04:04 IST 2026'],
  ['31 February', 'Tue Feb 31 16:04:04 IST 2026'],
  ['31 February, with the weekday of 3 March', 'Tue Mar 31 16:04:04 IST 2026'.replace('Mar', 'Feb')],
  ['hour 24', 'Sat May 22 24:04:04 IST 2026'],
  ['a month in lower case', 'Fri may 22 16:04:04 IST 2026'],
  ['a day of one digit', 'Fri May 2 16:04:04 IST 2026'],
  ['ISO 8601', '2026-05-22T10:34:04Z'],
  ['nothing', ''],
])('reads no date out of %s', (_what, text) => {
  expect(parseIstDate(text)).toBeUndefined();
});
