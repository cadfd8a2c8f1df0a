import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countSegments } from '@verified-mobile/issuer/dlt';

describe('the segments of a text', () => {
  it.each<[string, string, string, number, number, number]>([
    ['nothing', '', 'gsm-7', 0, 1, 0],
    ['160 characters', 'a'.repeat(160), 'gsm-7', 160, 1, 140],
    ['161 characters', 'a'.repeat(161), 'gsm-7', 161, 2, 141],
    ['306 characters', 'a'.repeat(306), 'gsm-7', 306, 2, 268],
    ['307 characters', 'a'.repeat(307), 'gsm-7', 307, 3, 269],
    ['80 of the extension table', '€'.repeat(80), 'gsm-7', 160, 1, 140],
    ['81 of the extension table', '€'.repeat(81), 'gsm-7', 162, 2, 142],
    ['line feed and @, which have codes of their own', '\n@', 'gsm-7', 2, 1, 2],
    ['every character of the extension table', '\f^{}\\[~]|€', 'gsm-7', 20, 1, 18],
    ['70 characters with ₹', `₹${'a'.repeat(69)}`, 'ucs-2', 70, 1, 140],
    ['71 characters with ₹', `₹${'a'.repeat(70)}`, 'ucs-2', 71, 2, 142],
    ['134 in Devanagari', 'क'.repeat(134), 'ucs-2', 134, 2, 268],
    ['135 in Devanagari', 'क'.repeat(135), 'ucs-2', 135, 3, 270],
    ['35 of two units each', '😀'.repeat(35), 'ucs-2', 70, 1, 140],
    ['36 of two units each', '😀'.repeat(36), 'ucs-2', 72, 2, 144],
    ['half a surrogate pair', '\ud83d', 'ucs-2', 1, 1, 2],
    ['a backtick, which GSM 03.38 does not have', '`', 'ucs-2', 1, 1, 2],
    ['ç, of which it has the capital alone', 'ç', 'ucs-2', 1, 1, 2],
    ['Ç', 'Ç', 'gsm-7', 1, 1, 1],
  ])('%s', (_, text, alphabet, units, segments, bytes) => {
    expect(countSegments(text)).toEqual({ alphabet, units, segments, bytes });
  });

  it('never part an escape from its character: 153 are one too few for the second half', () => {
    const text = (filler: number): string => `${'a'.repeat(filler)}€${'a'.repeat(304 - filler)}`;
    // The pair ends the first segment, or begins the second one and leaves a septet of the first empty.
    expect(countSegments(text(151))).toMatchObject({ units: 306, segments: 2 });
    expect(countSegments(text(152))).toMatchObject({ units: 306, segments: 3 });
  });

  it('never part two surrogates: 67 are one too few for the second half', () => {
    const text = (filler: number): string => `${'क'.repeat(filler)}😀${'क'.repeat(132 - filler)}`;
    expect(countSegments(text(65))).toMatchObject({ units: 134, segments: 2 });
    expect(countSegments(text(66))).toMatchObject({ units: 134, segments: 3 });
  });

  it('hold all of the text, and none more than it may', () => {
    const text = fc.array(fc.constantFrom('a', '€', '\n', 'क', '😀', '\ud83d'), { maxLength: 400 });
    fc.assert(
      fc.property(text, (characters) => {
        const { alphabet, units, segments } = countSegments(characters.join(''));
        const [single, joined] = alphabet === 'gsm-7' ? [160, 153] : [70, 67];
        expect(segments === 1 ? units <= single : units <= segments * joined && units > single).toBe(true);
        expect(units).toBeGreaterThanOrEqual(segments === 1 ? 0 : (segments - 1) * (joined - 1));
      }),
    );
  });
});
