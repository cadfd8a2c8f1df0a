// Separators people type are dropped; only ASCII digits count, or `\d` look-alikes would give one mobile two spellings.
const SEPARATORS = /[ -]/g;
// 07 and nine digits is how Britain writes its mobiles: as +917… it would be another person's number.
const INDIAN_MOBILE = /^(?:\+91|91|0(?!7))?([6-9][0-9]{9})$/;
const LONGEST_SPELLING = 32;

/**
 * One mobile, one spelling: E.164. `+91 90023 36768`, `09002336768` and `9002336768` all become `+919002336768`.
 *
 * A number without a country code is read as Indian, by its length and first digit. Other countries write some of
 * theirs alike: `650 253 0000` is American, `090 0233 6768` Japanese. Only `07…` is refused for that. If you have customers elsewhere, keep
 * their mobiles in E.164.
 *
 * @returns the mobile in E.164, or `undefined` if the value is not an Indian mobile (ten digits, the first 6 to 9)
 */
export function normaliseMobile(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_SPELLING) return undefined;
  const digits = INDIAN_MOBILE.exec(value.replaceAll(SEPARATORS, ''))?.[1];
  return digits === undefined ? undefined : `+91${digits}`;
}

/** A mobile fit for logs and events, with two digits at each end: `+919002336768` becomes `+9190******68`. */
export function maskMobile(mobile: string): string {
  return `${mobile.slice(0, 5)}******${mobile.slice(-2)}`;
}
