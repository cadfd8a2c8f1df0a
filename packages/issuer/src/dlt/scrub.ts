import { charactersOf } from './characters.ts';
import type { OperatorCode } from './operator-codes.ts';
import type { TemplatePart } from './template.ts';
import { type ValueRule, valueRule } from './variable-tags.ts';

/** What a text is compared with. */
export interface ScrubbedTemplate {
  /** Of the registration. */
  readonly id: string;
  /** Its script is the alphabet that values may use beside GSM 03.38. */
  readonly language: string;
  readonly parts: readonly TemplatePart[];
}

export type ScrubResult = { readonly outcome: 'matched' } | TemplateMismatch;

/** Where a text departs from its template. It holds no value, and of none more than one character, which is no digit. */
export interface TemplateMismatch {
  readonly outcome: 'mismatched';
  readonly templateId: string;
  /** Which character of the text, by code points from 0: the first that no text which matches can have there. */
  readonly index: number;
  /** That character by its code point, such as `U+1F600`; `a digit`, as it may be one of a code; or `end of text`. */
  readonly character: string;
  /** 635 if it makes a value too long, else 633. */
  readonly operatorCode: OperatorCode;
}

/** How far a text fits a template up to the end of a part. */
interface Progress {
  /** Where the next part may begin, ascending. */
  readonly ends: readonly number[];
  /** How many characters fit at most. */
  readonly furthest: number;
  /** The last place at which a value had to end only because of its length; -1 if there is none. */
  readonly fullAt: number;
}

/**
 * Compares a text with a registered template as the operators do: fixed text character for character, values by their
 * tag, with one character at least and `maxLength` at most. A text matches if there is any way to divide it into fixed
 * text and values, so a value may look like fixed text, and variables may stand side by side.
 *
 * All divisions are followed together, part by part: the work is bounded by the length of the template times that of the
 * longest text that matches, whatever the text is.
 */
export function scrub({ id, language, parts }: ScrubbedTemplate, text: string): ScrubResult {
  const characters = firstCharacters(text, longestMatch(parts) + 1);
  let progress: Progress = { ends: [0], furthest: 0, fullAt: -1 };
  for (const part of parts) {
    const next =
      part.kind === 'fixed'
        ? afterFixed(charactersOf(part.text), progress.ends, characters)
        : afterValue(valueRule(part.tag, language), part.maxLength, progress.ends, characters);
    progress = {
      ends: next.ends,
      furthest: Math.max(progress.furthest, next.furthest),
      fullAt: Math.max(progress.fullAt, next.fullAt),
    };
  }
  const { ends, furthest, fullAt } = progress;
  if (ends.at(-1) === characters.length) return { outcome: 'matched' };
  const operatorCode = fullAt === furthest ? '635' : '633';
  return {
    outcome: 'mismatched',
    templateId: id,
    index: furthest,
    character: nameOf(characters[furthest]),
    operatorCode,
  };
}

/** The character without what it may give away of a code. */
export function nameOf(character: string | undefined): string {
  if (character === undefined) return 'end of text';
  if (/^[0-9]$/.test(character)) return 'a digit';
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** No more than can matter: a text may be far longer than any that matches. */
function firstCharacters(text: string, count: number): string[] {
  return charactersOf(text.slice(0, 2 * count)).slice(0, count);
}

function longestMatch(parts: readonly TemplatePart[]): number {
  return parts.reduce((sum, part) => sum + (part.kind === 'fixed' ? part.text.length : part.maxLength), 0);
}

function afterFixed(fixed: readonly string[], starts: readonly number[], characters: readonly string[]): Progress {
  const ends: number[] = [];
  let furthest = 0;
  for (const start of starts) {
    let length = 0;
    while (length < fixed.length && characters[start + length] === fixed[length]) length += 1;
    furthest = Math.max(furthest, start + length);
    if (length === fixed.length) ends.push(start + length);
  }
  return { ends, furthest, fullAt: -1 };
}

function afterValue(
  { allows, whole }: ValueRule,
  maxLength: number,
  starts: readonly number[],
  characters: readonly string[],
): Progress {
  const ends = new Set<number>();
  let [furthest, fullAt, runEnd, tried] = [0, -1, 0, 0];
  for (const start of starts) {
    runEnd = Math.max(runEnd, start);
    while (runEnd < characters.length && allows(characters[runEnd]!)) runEnd += 1;
    const last = Math.min(runEnd, start + maxLength);
    furthest = Math.max(furthest, last);
    if (last < runEnd) fullAt = Math.max(fullAt, last);
    // Without `whole` an end is the same from wherever the value began: each one is looked at once.
    for (let end = whole === undefined ? Math.max(start, tried) + 1 : start + 1; end <= last; end += 1) {
      tried = end;
      if (whole === undefined || whole.test(characters.slice(start, end).join(''))) ends.add(end);
    }
  }
  return { ends: [...ends].toSorted((a, b) => a - b), furthest, fullAt };
}
