/** Basic character set of GSM 03.38 (3GPP TS 23.038, 6.2.1), by code; the escape at 0x1B stands for no character. */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
/** Its extension table (6.2.1.1): the escape, then one septet more. */
const EXTENSION = '\f^{}\\[~]|€';

const SEPTETS: ReadonlyMap<string, number> = new Map([
  ...Array.from(BASIC)
    .filter((character) => character !== '\u001b')
    .map((character) => [character, 1] as const),
  ...Array.from(EXTENSION).map((character) => [character, 2] as const),
]);

/** How many septets a character takes; `undefined` if the alphabet does not have it. */
export function septetsOf(character: string): number | undefined {
  return SEPTETS.get(character);
}
