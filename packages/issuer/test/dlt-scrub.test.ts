import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrub, type ScrubbedTemplate, type TemplatePart, type VariableTag } from '@verified-mobile/issuer/dlt';
import { partsOf } from '../src/dlt/template.ts';
import { slowScrub } from './support/slow-scrub.ts';

const ID = '1707158000000000101';

function template(text: string, maxLength = 30, language = 'en'): ScrubbedTemplate {
  return { id: ID, language, parts: partsOf(text, maxLength) };
}

function mismatch(index: number, character: string, operatorCode = '633'): object {
  return { outcome: 'mismatched', templateId: ID, index, character, operatorCode };
}

const OTP = template('{#numeric#} is the OTP.\n- Shop');

describe('the fixed text', () => {
  it.each<[string, string, object]>([
    ['as registered', '123456 is the OTP.\n- Shop', { outcome: 'matched' }],
    ['with another letter', '123456 is the 0TP.\n- Shop', mismatch(14, 'a digit')],
    ['in another case', '123456 is The OTP.\n- Shop', mismatch(10, 'U+0054')],
    ['with two blanks', '123456 is  the OTP.\n- Shop', mismatch(10, 'U+0020')],
    ['with a carriage return', '123456 is the OTP.\r\n- Shop', mismatch(18, 'U+000D')],
    ['with a blank for the line feed', '123456 is the OTP. - Shop', mismatch(18, 'U+0020')],
    ['with a tab', '123456\tis the OTP.\n- Shop', mismatch(6, 'U+0009')],
    ['without its end', '123456 is the OTP.\n- Sho', mismatch(24, 'end of text')],
    ['with more behind it', '123456 is the OTP.\n- Shop!', mismatch(25, 'U+0021')],
    ['alone', ' is the OTP.\n- Shop', mismatch(0, 'U+0020')],
    ['as its own template', '{#numeric#} is the OTP.\n- Shop', mismatch(0, 'U+007B')],
    ['nothing', '', mismatch(0, 'end of text')],
  ])('%s', (_, text, expected) => {
    expect(scrub(OTP, text)).toEqual(expected);
  });

  it('is found different within the first characters of a text of 100,000', () => {
    expect(scrub(OTP, `123456 is the OTP.\n- Shop${'x'.repeat(100_000)}`)).toEqual(mismatch(25, 'U+0078'));
    expect(scrub(OTP, '7'.repeat(100_000))).toEqual(mismatch(30, 'a digit', '635'));
    expect(scrub(OTP, '😀'.repeat(100_000))).toEqual(mismatch(0, 'U+1F600'));
  });
});

describe('a value', () => {
  it.each<[VariableTag, string, string[], string[]]>([
    [
      'var',
      'en',
      ['Asha & Co. (2)', '€ £ é', 'a@b', "D'Souza"],
      ['a<b', 'a>b', '{#var#}', 'a\nb', 'a\tb', '₹', 'आशा', '😀', '\ud83d', '`'],
    ],
    ['var', 'hi', ['आशा', 'आशा Traders', 'क्\u200dष', '५००'], ['আশা', '😀', '₹', 'a<b']],
    ['numeric', 'en', ['0', '042317', '1'.repeat(30)], ['25.00', '2,500', '٣', '५', ' 1', '-1', '']],
    ['numeric', 'hi', ['042317'], ['५००']],
    ['alphanumeric', 'en', ['Asha Traders', 'XX1191', '2,500.50'], ['A&B', 'a@b', 'é', 'आशा', '😀', "D'S"]],
    ['alphanumeric', 'hi', ['आशा Traders'], ['আশা', '।', '😀']],
    [
      'url',
      'en',
      ['https://shop.example.in/a?b=1', 'example.in', 'http://a.in'],
      ['example', 'ftp://a.in', 'https://a .in', 'a..in', ''],
    ],
    ['urlott', 'en', ['play.example.in/app'], ['app']],
    ['cbn', 'en', ['+91 1800 123 456', '1800123456'], ['call us', '+', '-1-']],
    ['email', 'en', ['help@shop.example.in'], ['help@shop', 'help', '@shop.in', 'a@b@c.in', 'a b@c.in']],
  ])('of {#%s#} in %s', (tag, language, taken, refused) => {
    const only = template(`[{#${tag}#}]`, 30, language);
    const outcomes = (values: string[]): string[] =>
      values.filter((value) => scrub(only, `[${value}]`).outcome === 'matched');
    expect(outcomes(taken)).toEqual(taken);
    expect(outcomes(refused)).toEqual([]);
  });

  it('has as many characters as it may, and not one more: 30 by default', () => {
    expect(scrub(template('{#numeric#}.'), `${'1'.repeat(30)}.`)).toEqual({ outcome: 'matched' });
    expect(scrub(template('{#numeric#}.'), `${'1'.repeat(31)}.`)).toEqual(mismatch(30, 'a digit', '635'));
    expect(scrub(template('{#alphanumeric#}.', 40), `${'x'.repeat(41)}.`)).toEqual(mismatch(40, 'U+0078', '635'));
  });

  it('is counted by characters, also those of two UTF-16 units', () => {
    const gothic = template('{#var#}.', 2, 'got');
    expect(scrub(gothic, '𐌰𐌱.')).toEqual({ outcome: 'matched' });
    expect(scrub(gothic, '𐌰𐌱𐌲.')).toEqual(mismatch(2, 'U+10332', '635'));
  });
});

describe('values that look like fixed text', () => {
  it.each<[string, string, string, boolean]>([
    ['the fixed text itself', 'Pay {#var#} to {#var#}.', 'Pay  to  to  to .', true],
    ['the end of the fixed text', 'Pay {#var#}. Ok.', 'Pay Ok. Ok.. Ok.', true],
    ['two side by side', '{#numeric#}{#alphanumeric#}', '12ab', true],
    ['two side by side that share one character', '{#numeric#}{#numeric#}', '1', false],
    ['as long as both may be', '{#numeric#}{#numeric#}', '1'.repeat(60), true],
    ['longer than both may be', '{#numeric#}{#numeric#}', '1'.repeat(61), false],
    ['one that must give up a digit', '{#numeric#}1', '11', true],
    ['one that may not give up its only one', '{#numeric#}1', '1', false],
  ])('%s', (_, text, sent, matches) => {
    expect(scrub(template(text), sent).outcome).toBe(matches ? 'matched' : 'mismatched');
  });

  it('take no longer, however they could be divided: 66 variables, and nothing else', () => {
    const parts: TemplatePart[] = Array.from({ length: 66 }, () => ({ kind: 'variable', tag: 'var', maxLength: 30 }));
    const wide = { id: ID, language: 'en', parts: [...parts, { kind: 'fixed', text: '!?' }] } as const;
    // Each way to divide it was one: 1900 characters into 66 values are more than 10^100.
    expect(scrub(wide, 'a'.repeat(1900))).toEqual(mismatch(1900, 'end of text'));
    expect(scrub(wide, `${'a'.repeat(1900)}!?`)).toEqual({ outcome: 'matched' });
  });
});

describe('the scrubber', () => {
  const ALPHABET = ['1', 'a', ' ', 'x', '<'];
  const TAGS = ['var', 'numeric', 'alphanumeric'] as const;
  const allows = (tag: string, one: string): boolean =>
    tag === 'numeric' ? one === '1' : tag === 'alphanumeric' ? '1ax '.includes(one) : one !== '<';
  const part: fc.Arbitrary<TemplatePart> = fc.oneof(
    fc.record({
      kind: fc.constant('fixed' as const),
      text: fc.string({ unit: fc.constantFrom('1', 'a', ' '), minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('variable' as const),
      tag: fc.constantFrom(...TAGS),
      maxLength: fc.integer({ min: 1, max: 3 }),
    }),
  );
  const aTemplate = fc
    .array(part, { maxLength: 5 })
    .map((parts): ScrubbedTemplate => ({ id: ID, language: 'en', parts }));
  const aText = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 12 });

  it('says what trying every division says: whether a text matches, and where it departs', () => {
    fc.assert(
      fc.property(aTemplate, aText, (given, text) => {
        const { matched, furthest } = slowScrub(given, text, allows);
        const result = scrub(given, text);
        const expected = matched ? { outcome: 'matched' } : { outcome: 'mismatched', index: furthest };
        expect(result).toMatchObject(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes every text that is made of its template, whatever the values are', () => {
    const value: Readonly<Record<string, string>> = { var: 'ax 1', numeric: '111', alphanumeric: '1 ax' };
    fc.assert(
      fc.property(aTemplate, fc.infiniteStream(fc.nat()), ({ parts, ...given }, random) => {
        const text = parts.map((one) => {
          if (one.kind === 'fixed') return one.text;
          const length = 1 + ((random.next().value as number) % one.maxLength);
          return value[one.tag]!.slice(0, length);
        });
        expect(scrub({ ...given, parts }, text.join(''))).toEqual({ outcome: 'matched' });
      }),
    );
  });

  it('agrees with a regular expression of the same template on texts of any characters', () => {
    const classes: Readonly<Record<string, string>> = {
      var: '[ -;=?-_a-z|~]',
      numeric: '[0-9]',
      alphanumeric: '[A-Za-z0-9 .,-]',
    };
    const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 8 });
    fc.assert(
      fc.property(aTemplate, ascii, (given, text) => {
        const source = given.parts.map((one) =>
          one.kind === 'fixed' ? one.text : `${classes[one.tag]}{1,${one.maxLength}}`,
        );
        const matches = new RegExp(`^${source.join('')}$`).test(text);
        expect(scrub(given, text).outcome).toBe(matches ? 'matched' : 'mismatched');
      }),
    );
  });
});
