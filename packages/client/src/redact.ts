const LONGEST_QUOTE = 200;
const OMITTED = '…';

/**
 * What the API said, safe to log: servers echo what they were sent. Omitted are the call's own secrets, all that
 * looks like a token or a key, and every run of four digits or more: an OTP, or part of a mobile.
 */
export function redactedQuote(said: unknown, secrets: readonly string[]): string {
  if (typeof said !== 'string' || said === '') return '';
  // A secret that was escaped for JSON or a URL is not found here; the patterns below take those spellings.
  const without = secrets.reduce((text, secret) => text.replaceAll(secret, OMITTED), said);
  const text = without
    .replaceAll(/eyJ[\w.-]+|[\w+/=-]{24,}/g, OMITTED)
    .replaceAll(/\p{Nd}{4,}/gu, OMITTED)
    .replaceAll(/[^ -~…]+/g, ' ');
  return ` The API says: "${text.slice(0, LONGEST_QUOTE)}"`;
}
