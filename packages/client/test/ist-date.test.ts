import { expect, it } from 'vitest';
import { formatIstDate } from '@verified-mobile/client';

it.each([
  ['2026-05-22T10:34:04Z', 'Fri May 22 16:04:04 IST 2026'],
  ['2026-12-31T18:29:59.999Z', 'Thu Dec 31 23:59:59 IST 2026'],
  ['2026-12-31T18:30:00Z', 'Fri Jan 01 00:00:00 IST 2027'],
])('writes %s as %s', (instant, text) => {
  expect(formatIstDate(Date.parse(instant))).toBe(text);
});
