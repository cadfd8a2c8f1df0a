import { charactersOf } from './characters.ts';
import { septetsOf } from './gsm-alphabet.ts';

/** What an SMS costs: operators bill each segment. */
export interface SegmentCount {
  /** One character outside of GSM 03.38, such as `₹`, makes the whole text UCS-2. */
  readonly alphabet: 'gsm-7' | 'ucs-2';
  /** Septets, two for each of `^{}\[~]|€`, or UTF-16 units, two for a character beyond the basic plane. */
  readonly units: number;
  readonly segments: number;
  /** Of the text on the air, without the headers that join segments. */
  readonly bytes: number;
}

interface Capacity {
  readonly single: number;
  /** Of each of several segments: a header of six bytes takes the rest. */
  readonly joined: number;
  readonly bytesOf: (units: number) => number;
}

const CAPACITY: Readonly<Record<SegmentCount['alphabet'], Capacity>> = {
  'gsm-7': { single: 160, joined: 153, bytesOf: (septets) => Math.ceil((septets * 7) / 8) },
  'ucs-2': { single: 70, joined: 67, bytesOf: (units) => units * 2 },
};

/** How a text is cut into segments (3GPP TS 23.040, 9.2.3.24.1): an escape and its character, or two surrogates, stay together. */
export function countSegments(text: string): SegmentCount {
  const characters = charactersOf(text);
  const septets = characters.map(septetsOf);
  const isGsm = !septets.includes(undefined);
  const alphabet = isGsm ? 'gsm-7' : 'ucs-2';
  const sizes = isGsm ? (septets as number[]) : characters.map(({ length }) => length);
  const filled = fill(sizes, CAPACITY[alphabet]);
  const { bytesOf } = CAPACITY[alphabet];
  return {
    alphabet,
    units: filled.reduce((sum, units) => sum + units, 0),
    segments: filled.length,
    bytes: filled.reduce((sum, units) => sum + bytesOf(units), 0),
  };
}

/** The units in each segment; an empty text is one. */
function fill(sizes: readonly number[], { single, joined }: Capacity): number[] {
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= single) return [units];
  const segments = [0];
  for (const size of sizes) {
    if (segments.at(-1)! + size > joined) segments.push(0);
    segments[segments.length - 1]! += size;
  }
  return segments;
}
