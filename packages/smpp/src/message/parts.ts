import { encodeText } from '../text/encode-text.ts';
import { joiningHeader, MOST_SEGMENTS, segmentsOf } from '../text/segments.ts';
import type { Tlv } from '../wire/write-pdu.ts';

/** What of a text one `submit_sm` carries. */
export interface Part {
  readonly dataCoding: number;
  readonly esmClass: number;
  readonly shortMessage: Buffer;
  readonly tlvs: readonly Tlv[];
}

const UDH_INDICATOR = 0x40;
const MESSAGE_PAYLOAD = 0x0424;

/**
 * @param longMessages what becomes of a text that needs several SMS: joined by their headers, or left to the provider
 * @param nextReference names a text that has several parts
 * @returns nothing if the text is longer than can be sent
 */
export function partsOf(
  text: string,
  longMessages: 'udh' | 'payload',
  nextReference: () => number,
): readonly Part[] | undefined {
  const encoded = encodeText(text);
  const { octets, dataCoding } = encoded;
  const segments = segmentsOf(encoded);
  if (segments.length > MOST_SEGMENTS) return undefined;
  if (segments.length === 1) return [{ dataCoding, esmClass: 0, shortMessage: octets, tlvs: [] }];
  if (longMessages === 'payload') {
    const payload = { tag: MESSAGE_PAYLOAD, value: octets };
    return [{ dataCoding, esmClass: 0, shortMessage: Buffer.alloc(0), tlvs: [payload] }];
  }
  const reference = nextReference();
  return segments.map((segment, index) => ({
    dataCoding,
    esmClass: UDH_INDICATOR,
    shortMessage: Buffer.concat([joiningHeader(reference, segments.length, index + 1), segment]),
    tlvs: [],
  }));
}
