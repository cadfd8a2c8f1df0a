import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUnverifiedToken } from '../src/token/compact-token.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const encode = (text: string): string => Buffer.from(text).toString('base64url');

/** RFC 4648, section 5, without padding: the alphabet, a length that whole bytes have, and no bit beyond them. */
function isCanonical(part: string): boolean {
  if (part === '' || part.length % 4 === 1) return false;
  if ([...part].some((character) => !ALPHABET.includes(character))) return false;
  const strayBits = [0, 0, 0b1111, 0b11][part.length % 4]!;
  return (ALPHABET.indexOf(part.at(-1)!) & strayBits) === 0;
}

// U+0141 is decoded as its low byte, which is "A"; half a surrogate pair and "é" as bytes that belong to no alphabet.
const hostile = fc.constantFrom(...'=+/-_A \n\u0000ŁĲé．', '\ud800', '\u{10041}');
const character = fc.oneof(
  hostile,
  fc.constantFrom(...ALPHABET),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);

/** What an encoder writes, with one character put in, replaced, dropped or added at the end: often still canonical. */
function spellingsOf(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<string> {
  const change = fc.record({ kind: fc.constantFrom('none', 'put in', 'replace', 'drop'), place: fc.nat(), character });
  return fc.tuple(bytes, fc.array(change, { maxLength: 2 })).map(([given, changes]) =>
    changes.reduce((text, { kind, place, character: other }) => {
      if (kind === 'none') return text;
      // The last character is the one that holds stray bits.
      const at = place % 2 === 0 ? Math.max(0, text.length - 1) : place % (text.length + 1);
      return text.slice(0, at) + (kind === 'drop' ? '' : other) + text.slice(kind === 'put in' ? at : at + 1);
    }, Buffer.from(given).toString('base64url')),
  );
}

const anySpelling = fc.oneof(
  spellingsOf(fc.uint8Array({ maxLength: 70 })),
  fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 9 }),
  fc.string({ unit: character, maxLength: 9 }),
);

/** That a decoder takes exactly the canonical spellings. */
const takesOnlyCanonical = (takes: (part: string) => boolean): fc.IProperty<[string]> =>
  fc.property(anySpelling, (part) => takes(part) === isCanonical(part));

describe('a part of a token', () => {
  it('is taken as a signature in the one spelling that an encoder writes, and in no other', () => {
    const takes = (part: string): boolean =>
      decodeUnverifiedToken(`${encode('{}')}.${encode('{}')}.${part}`) !== undefined;
    expect(() => fc.assert(takesOnlyCanonical(takes), { numRuns: 20_000 })).not.toThrow();
  });

  it.each([
    ['header', (part: string) => `${part}.${encode('{}')}.AA`],
    ['payload', (part: string) => `${encode('{}')}.${part}.AA`],
  ])('is taken as a %s in that spelling alone', (_what, tokenWith) => {
    // JSON stays JSON with any number of spaces behind it, and every length of a part is met.
    const json = fc.nat({ max: 9 }).map((spaces) => Buffer.from(`{}${' '.repeat(spaces)}`));
    fc.assert(
      fc.property(spellingsOf(json), (part) => {
        const readsAsObject = /^\{\} *$/.test(Buffer.from(part, 'base64url').toString());
        fc.pre(readsAsObject);
        expect(decodeUnverifiedToken(tokenWith(part)) !== undefined).toBe(isCanonical(part));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each<[string, (part: string) => boolean]>([
    ['takes what Node decodes', (part) => Buffer.from(part, 'base64url').length > 0],
    ['looks at the alphabet only', (part) => /^[\w-]+$/.test(part)],
    ['forgets stray bits', (part) => /^[\w-]+$/.test(part) && part.length % 4 !== 1],
    ['takes padding', (part) => isCanonical(part.replace(/=+$/, ''))],
    [
      'infers the alphabet from how much was decoded',
      (part) => {
        const { length } = Buffer.from(part, 'base64url');
        const stray = [0, 0, 0b1111, 0b11][part.length % 4]! & Math.max(0, ALPHABET.indexOf(part.at(-1) ?? 'A'));
        return length > 0 && length === Math.floor((part.length * 3) / 4) && stray === 0 && !/[+/.]/.test(part);
      },
    ],
  ])('is told from what a decoder takes that %s', (_what, takes) => {
    expect(fc.check(takesOnlyCanonical(takes), { numRuns: 20_000 }).failed).toBe(true);
  });
});
