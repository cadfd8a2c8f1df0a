/** The lengths of the elements that number a part, by their identifiers: with a reference of one byte, or of two. */
const PART_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0x00, 3],
  [0x08, 4],
]);

/**
 * What is wrong with the header of a part of a longer text, as 3GPP TS 23.040, §9.2.3.24, has it: a length, then elements
 * of an identifier, a length and a value.
 */
export function faultsOfHeader(header: Buffer): string[] {
  const faults: string[] = [];
  let offset = 1;
  while (offset < header.length) {
    const [identifier = 0, length = Infinity] = header.subarray(offset, offset + 2);
    const value = header.subarray(offset + 2, offset + 2 + length);
    if (value.length < length) return [...faults, 'an element of its user data header is cut off'];
    const partLength = PART_LENGTHS.get(identifier);
    if (partLength !== undefined) faults.push(...faultsOfPart(value, partLength));
    offset += 2 + length;
  }
  return faults;
}

function faultsOfPart(value: Buffer, partLength: number): string[] {
  if (value.length !== partLength) return [`its part is numbered in ${value.length} bytes, not ${partLength}`];
  const [total = 0, part = 0] = value.subarray(-2);
  return part >= 1 && part <= total ? [] : [`it is part ${part} of ${total}`];
}
