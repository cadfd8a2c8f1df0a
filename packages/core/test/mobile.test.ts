import { maskMobile, normaliseMobile } from '@verified-mobile/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('normaliseMobile', () => {
  it.each(['9002336768', '09002336768', '919002336768', '+919002336768', '+91 90023 36768', '+91-90023-36768'])(
    'takes %s for +919002336768',
    (spelling) => expect(normaliseMobile(spelling)).toBe('+919002336768'),
  );

  it('takes a leading 0 before 6, 8 and 9 only: 07 begins the mobiles of Britain', () => {
    for (const first of [6, 8, 9]) expect(normaliseMobile(`0${first}700900123`)).toBe(`+91${first}700900123`);
    expect(normaliseMobile('7700900123')).toBe('+917700900123');
  });

  it('takes a first digit of 6 and refuses 5', () => {
    expect(normaliseMobile('6000000000')).toBe('+916000000000');
    expect(normaliseMobile('5999999999')).toBeUndefined();
  });

  it.each([
    ['nine digits', '900233676'],
    ['eleven digits', '90023367689'],
    ['two prefixes', '+9109002336768'],
    ['another country', '+4479002336768'],
    ['a British mobile as Britain writes it', '07700900123'],
    ['the same with spaces', '07700 900 123'],
    ['Devanagari digits', '९००२३३६७६८'],
    ['a line end', '9002336768\n'],
    ['a number', 9002336768],
    ['nothing', undefined],
    ['endless spaces', ' '.repeat(100_000)],
  ])('refuses %s', (_what, value) => expect(normaliseMobile(value)).toBeUndefined());

  it('gives its own result again: one mobile has one spelling', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(\+91 ?[6-9]|91 ?[6-9]|0 ?[689]|[6-9])[0-9]{4}[ -]?[0-9]{5}$/), (spelling) => {
        const once = normaliseMobile(spelling);
        expect(once).toMatch(/^\+91[6-9]\d{9}$/);
        expect(normaliseMobile(once)).toBe(once);
      }),
    );
  });
});

it('shows two digits at each end of a masked mobile', () => {
  expect(maskMobile('+919002336768')).toBe('+9190******68');
});
