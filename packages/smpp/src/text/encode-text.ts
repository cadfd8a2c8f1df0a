import smpp from 'smpp';

/** A text as it goes on the wire: one octet a character of the GSM alphabet, or UCS-2. */
export interface EncodedText {
  readonly octets: Buffer;
  readonly dataCoding: 0 | 8;
}

/** The escape is no character: npm `smpp` would send it as it is, and the phone would take the next letter for another. */
const ESCAPE = '\u001B';

/**
 * GSM 03.38 with its extension table, unpacked, if the text has no other character; else UCS-2, big-endian.
 *
 * @see 3GPP TS 23.038, section 6.2.1
 */
export function encodeText(text: string): EncodedText {
  // npm `smpp` has the alphabet right. It calls it `ASCII`, and by itself would stamp it as IA5, `data_coding` 1.
  if (smpp.encodings.ASCII.match(text) && !text.includes(ESCAPE)) {
    return { octets: smpp.encodings.ASCII.encode(text), dataCoding: 0 };
  }
  return { octets: Buffer.from(text, 'utf16le').swap16(), dataCoding: 8 };
}
