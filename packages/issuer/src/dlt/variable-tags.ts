import { septetsOf } from './gsm-alphabet.ts';

/** What may stand in a template in the place of a value. `var` is the old form, which says nothing of the value. */
export const VARIABLE_TAGS = ['var', 'numeric', 'alphanumeric', 'url', 'urlott', 'cbn', 'email'] as const;
export type VariableTag = (typeof VARIABLE_TAGS)[number];

/** What a value of a tag is made of. */
export interface ValueRule {
  readonly allows: (character: string) => boolean;
  /** What the value as a whole must look like, if its characters do not say it. Matches in linear time. */
  readonly whole?: RegExp;
  /** Completes "… must be". */
  readonly takes: string;
}

interface Rule extends Omit<ValueRule, 'allows'> {
  readonly ascii: RegExp;
  /** Of the characters beyond ASCII: those of the alphabet, its letters and digits, or none. */
  readonly beyond: 'alphabet' | 'letters' | 'none';
}

const LINK: Omit<Rule, 'takes'> = {
  // Braces would let a text pass whose variables were never filled in; the others can be in no registered text.
  ascii: /[!-;=?-z|~]/,
  beyond: 'none',
  whole: /^(?:https?:\/\/)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[/?#].*)?$/i,
};

/**
 * The tags of templates registered since 14 January 2026, and what each takes: digits alone for `numeric`, without `,` and
 * `.`; for `alphanumeric` letters and digits without special characters, names and addresses included (MSG91, "Variable
 * Tagging on DLT SMS Templates"). Blank, `.`, `,` and `-` pass there as well: the platforms ignore them in the comparison
 * (MSG91, "SMS not Matched with DLT Template"). Whether a link or a number is registered is known to the operators alone.
 */
const RULES: Readonly<Record<VariableTag, Rule>> = {
  // Without the backtick: GSM 03.38 does not have it.
  var: { ascii: /[ -;=?-_a-z|~]/, beyond: 'alphabet', takes: 'text without <, >, { and }' },
  numeric: { ascii: /[0-9]/, beyond: 'none', takes: 'digits alone, without a point or a comma' },
  alphanumeric: {
    ascii: /[A-Za-z0-9 .,-]/,
    beyond: 'letters',
    takes: 'letters, digits, blanks, points, commas and hyphens',
  },
  url: { ...LINK, takes: 'a link' },
  urlott: { ...LINK, takes: 'a link to an app' },
  cbn: { ascii: /[0-9+ -]/, beyond: 'none', whole: /^\+?[0-9](?:[0-9 -]*[0-9])?$/, takes: 'a telephone number' },
  email: {
    ascii: /[A-Za-z0-9@.!#$%&'*+/=?^_`|~-]/,
    beyond: 'none',
    whole: /^[^@]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i,
    takes: 'an e-mail address',
  },
};

/** By tag and language: making one takes longer than a comparison. */
const KNOWN = new Map<string, ValueRule>();

/** @param language of the template: its script is the alphabet that values may use beside GSM 03.38 */
export function valueRule(tag: VariableTag, language: string): ValueRule {
  const key = `${tag} ${language}`;
  const known = KNOWN.get(key);
  if (known !== undefined) return known;
  const made = madeRule(RULES[tag], scriptOf(language));
  KNOWN.set(key, made);
  return made;
}

/** ISO 15924, such as `Deva` of `hi`; `undefined` if Unicode's script names do not have it, such as `Jpan`. */
export function scriptOf(language: string): string | undefined {
  const { script = '' } = new Intl.Locale(language).maximize();
  return /^[A-Z][a-z]{3}$/.test(script) && isScriptName(script) ? script : undefined;
}

function isScriptName(script: string): boolean {
  try {
    return new RegExp(`\\p{scx=${script}}`, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

function madeRule({ ascii, beyond, ...rule }: Rule, script: string | undefined): ValueRule {
  const table = Array.from({ length: 128 }, (_, code) => ascii.test(String.fromCharCode(code)));
  const others = beyond === 'none' ? () => false : lettersOf(script, beyond);
  return {
    ...rule,
    allows: (character) => {
      const code = character.codePointAt(0)!;
      return code < 128 ? table[code]! : others(character);
    },
  };
}

/** A script that is joined by invisible characters needs those, too. */
function lettersOf(script: string | undefined, beyond: 'alphabet' | 'letters'): (character: string) => boolean {
  const isInGsm = (character: string): boolean => beyond === 'alphabet' && septetsOf(character) !== undefined;
  if (script === undefined || script === 'Latn') return isInGsm;
  const ofScript = new RegExp(`^[\\p{scx=${script}}\\u200c\\u200d]$`, 'u');
  const isWritten = beyond === 'letters' ? /[\p{L}\p{M}\p{Nd}\u200c\u200d]/u : /[^\p{C}]|[\u200c\u200d]/u;
  return (character) => isInGsm(character) || (ofScript.test(character) && isWritten.test(character));
}
