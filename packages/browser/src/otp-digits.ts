const ZERO_IN_DEVANAGARI = 0x966;

/** The six digits of a text that holds them: an OTP as it was pasted, or a whole SMS; else those that there are. */
export function digitsOf(text: string): string {
  const latin = text.replace(/[०-९]/g, (digit) => String(digit.charCodeAt(0) - ZERO_IN_DEVANAGARI));
  const six = /(?<!\d)\d(?:[\s-]?\d){5}(?!\d)/.exec(latin)?.[0] ?? latin;
  return six.replace(/\D/g, '').slice(0, 6);
}
