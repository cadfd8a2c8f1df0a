import type { EncodedText } from './encode-text.ts';

/** GSM characters, or bytes of UCS-2: what one SMS holds alone, and beside the header that joins it to others. */
const ROOM = { 0: { alone: 160, joined: 153 }, 8: { alone: 140, joined: 134 } } as const;

/** The header counts them in one octet. */
export const MOST_SEGMENTS = 255;

const ESCAPE = 0x1b;

/** A text in as many pieces as it takes SMS. No character is in two of them. */
export function segmentsOf({ octets, dataCoding }: EncodedText): Buffer[] {
  const { alone, joined } = ROOM[dataCoding];
  if (octets.length <= alone) return [octets];
  const segments: Buffer[] = [];
  for (let from = 0; from < octets.length;) {
    const to = endOfSegment(octets, from + joined, dataCoding);
    segments.push(octets.subarray(from, to));
    from = to;
  }
  return segments;
}

function endOfSegment(octets: Buffer, to: number, dataCoding: EncodedText['dataCoding']): number {
  if (to >= octets.length) return octets.length;
  if (dataCoding === 0) return octets[to - 1] === ESCAPE ? to - 1 : to;
  return isHighSurrogate(octets.readUInt16BE(to - 2)) ? to - 2 : to;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/**
 * The header that joins the segments of one text on the phone.
 *
 * @param reference the same in all of them, 0 to 255
 * @param number from 1
 * @see 3GPP TS 23.040, section 9.2.3.24.1
 */
export function joiningHeader(reference: number, total: number, number: number): Buffer {
  return Buffer.from([5, 0, 3, reference, total, number]);
}
