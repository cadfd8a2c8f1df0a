const LONGEST_QUOTE = 200;
const OMITTED = '…';

/**
 * What the API said, fit for a log: servers echo what they were sent. Gone are the call's own secrets, all that looks
 * like a token or a key, and every run of four digits or more: an OTP, or part of a mobile.
 */
export function quote(said: unknown, secrets: readonly string[]): string {
  if (typeof said !== 'string' || said === '') return '';
  // A secret as JSON or a URL would spell it is another text; those spellings are left to the patterns.
  const without = secrets.reduce((text, secret) => text.replaceAll(secret, OMITTED), said);
  const text = without
    .replaceAll(/eyJ[\w.-]+|[\w+/=-]{24,}/g, OMITTED)
    .replaceAll(/\p{Nd}{4,}/gu, OMITTED)
    .replaceAll(/[^ -~…]+/g, ' ');
  return ` The API says: "${text.slice(0, LONGEST_QUOTE)}"`;
}
