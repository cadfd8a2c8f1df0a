/** The code points of a text: one half of a surrogate pair stays alone only if the other is not there. */
export function charactersOf(text: string): string[] {
  return Array.from(text);
}
