import type { ScrubbedTemplate } from '@verified-mobile/issuer/dlt';

/** What the scrubber must say, found by trying every division of the text, and every text of the alphabet that could follow. */
export interface SlowVerdict {
  matched: boolean;
  /** The longest beginning of the text with which some text that matches begins. */
  furthest: number;
}

/** By brute force: one recursion for each character of each value. Only for texts of a few characters. */
export function slowScrub(
  { parts }: ScrubbedTemplate,
  text: string,
  allows: (tag: string, one: string) => boolean,
): SlowVerdict {
  const characters = Array.from(text);
  const verdict: SlowVerdict = { matched: false, furthest: 0 };
  const follow = (part: number, within: number, at: number): void => {
    verdict.furthest = Math.max(verdict.furthest, at);
    const current = parts[part];
    if (current === undefined) {
      if (at === characters.length) verdict.matched = true;
      return;
    }
    const next = characters[at];
    if (current.kind === 'fixed') {
      const fixed = Array.from(current.text);
      if (within === fixed.length) return follow(part + 1, 0, at);
      if (next !== undefined && next === fixed[within]) follow(part, within + 1, at + 1);
      return;
    }
    if (within > 0) follow(part + 1, 0, at);
    if (within < current.maxLength && next !== undefined && allows(current.tag, next)) follow(part, within + 1, at + 1);
  };
  follow(0, 0, 0);
  return verdict;
}
