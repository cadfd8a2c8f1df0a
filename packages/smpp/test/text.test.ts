import { describe, expect, it } from 'vitest';
import { countSegments, type SegmentCount } from '@verified-mobile/issuer/dlt';
import { encodeText } from '../src/text/encode-text.ts';
import { segmentsOf } from '../src/text/segments.ts';

/** 3GPP TS 23.038, section 6.2.1: a line for each column of the table there, from code 0x00. */
const GSM_ALPHABET = [
  '@£$¥èéùìòÇ\nØø\rÅå',
  'Δ_ΦΓΛΩΠΨΣΘΞ\u001BÆæßÉ',
  ' !"#¤%&\'()*+,-./',
  '0123456789:;<=>?',
  '¡ABCDEFGHIJKLMNO',
  'PQRSTUVWXYZÄÖÑÜ§',
  '¿abcdefghijklmno',
  'pqrstuvwxyzäöñüà',
].join('');

/** Section 6.2.1.1. */
const EXTENSION = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
};

it('is cut into as many parts as the issuer counts segments, and by the same alphabet', () => {
  const alphabets = [[...'aé'], [...'a€{'], [...'aक'], [...'क😀']];
  const texts = alphabets.flatMap((alphabet) => Array.from({ length: 330 }, (_, length) => textOf(length, alphabet)));
  const cut = texts.map((text) => {
    const encoded = encodeText(text);
    return { alphabet: encoded.dataCoding === 0 ? 'gsm-7' : 'ucs-2', segments: segmentsOf(encoded).length };
  });
  expect(cut).toEqual(texts.map((text) => pick(countSegments(text))));
});

/** Of so many characters, in which each may come to stand at a border. */
function textOf(length: number, alphabet: readonly string[]): string {
  return Array.from({ length }, (_, index) => alphabet[((index * index) % 7) % alphabet.length]).join('');
}

function pick({ alphabet, segments }: SegmentCount): Pick<SegmentCount, 'alphabet' | 'segments'> {
  return { alphabet, segments };
}

describe('the GSM alphabet', () => {
  it('has the code of the table for every character but the escape', () => {
    const characters = [...GSM_ALPHABET].map((character, code) => ({ character, code }));
    expect(characters).toHaveLength(128);
    const known = characters.filter(({ code }) => code !== 0x1b);
    expect(known.map(({ character }) => encodeText(character))).toEqual(
      known.map(({ code }) => ({ octets: Buffer.of(code), dataCoding: 0 })),
    );
  });

  it('has an escape and the code of the extension table for the others', () => {
    expect(Object.keys(EXTENSION).map((character) => encodeText(character))).toEqual(
      Object.values(EXTENSION).map((code) => ({ octets: Buffer.of(0x1b, code), dataCoding: 0 })),
    );
  });

  it('has nothing else: every other character of the plane makes the text UCS-2', () => {
    const known = new Set([...GSM_ALPHABET.replace('\u001B', ''), ...Object.keys(EXTENSION)]);
    const strangers: string[] = [];
    for (let unit = 0; unit <= 0xffff; unit += 1) {
      const character = String.fromCharCode(unit);
      const { dataCoding } = encodeText(character);
      if ((dataCoding === 0) !== known.has(character)) strangers.push(character);
    }
    expect(strangers).toEqual([]);
  });
});
