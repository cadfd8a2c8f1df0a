import { nearest } from '../lib/nearest.ts';
import { charactersOf } from './characters.ts';
import type { DltTemplate } from './registry.ts';
import { nameOf } from './scrub.ts';
import { isRetrieverHash, looksLikeWebOtp, RETRIEVER_BYTES, retrieverBytes, sample } from './template-lines.ts';
import type { TemplatePart, VariableBinding, VariablePart } from './template.ts';
import { VALUE_SHAPES } from './values.ts';
import { valueRule, VARIABLE_TAGS } from './variable-tags.ts';

/** What of a template cannot be right, and what to write instead. */
export interface TemplateFault {
  /** The member that it is in. */
  readonly member: 'text' | 'variables' | 'maxVariableLength' | 'webOtpHost' | 'retrieverHash';
  readonly message: string;
}

type Check = (template: DltTemplate, signature: string | undefined) => TemplateFault | undefined;

/** The longest text that a platform registers. */
const LONGEST_TEXT = 2000;
const LONGEST_CODE = VALUE_SHAPES.code.longest.length;
/** What no platform registers: control characters but the line feed, tags of markup, half a surrogate pair. */
const UNREGISTRABLE = /[<>]|(?!\n)\p{Cc}|\p{Cs}/u;
const HOST = /^(?=.{4,80}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

const CHECKS: readonly Check[] = [
  checkCharacters,
  checkTags,
  checkVariables,
  checkBindings,
  checkLengths,
  checkWebOtp,
  checkRetriever,
  checkSignature,
];

/** The first thing that is wrong: what follows from it is not told as well. */
export function checkTemplate(template: DltTemplate, signature: string | undefined): TemplateFault | undefined {
  for (const check of CHECKS) {
    const fault = check(template, signature);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkCharacters({ text }: DltTemplate): TemplateFault | undefined {
  if (text.length > LONGEST_TEXT) return inText(`must be at most ${LONGEST_TEXT} characters, as on the DLT platforms.`);
  const characters = charactersOf(text);
  const wrong = characters.findIndex((character) => UNREGISTRABLE.test(character));
  if (wrong !== -1) {
    const named = `has ${nameOf(characters[wrong])} at character ${wrong}`;
    return inText(`${named}, which cannot be registered: copy the text from the DLT platform.`);
  }
  if (text.trim() === text) return undefined;
  return inText('must not begin or end with a blank or an empty line. In YAML write it below "text: |-".');
}

/** What was meant as a variable, and is none, would be sent as it stands. */
function checkTags({ text, parts }: DltTemplate): TemplateFault | undefined {
  const fixed = parts.filter((part) => part.kind === 'fixed').map((part) => part.text);
  const tag = /\{#[^{}\n]*\}?|\{[^{}\n]*#\}|##\w*##/.exec(fixed.join('\n'))?.[0];
  if (tag !== undefined) {
    const known = VARIABLE_TAGS.map((name) => `{#${name}#}`);
    const meant = nearest(tag, known);
    const hint = meant === undefined ? '' : `: ${meant} is meant`;
    return inText(`has a variable that is not known${hint}. There are ${known.join(' ')}.`);
  }
  return text.includes('{#') ? undefined : inText('has no variable: the code must be one.');
}

function checkVariables({ parts, variables }: DltTemplate): TemplateFault | undefined {
  const count = variablesOf(parts).length;
  if (count === variables.length) return undefined;
  return {
    member: 'variables',
    message: `must say what each variable of the text is, in their order: it names ${variables.length}, and the text has ${count}.`,
  };
}

const OF_TRANSACTION: readonly VariableBinding[] = ['amount', 'currency', 'payee', 'masked-payee'];

function checkBindings({ purpose, variables, parts, language }: DltTemplate): TemplateFault | undefined {
  const has = (...bindings: VariableBinding[]): boolean => bindings.some((binding) => variables.includes(binding));
  if (!has('code')) return inVariables('must have the code.');
  if (purpose === 'mobile-verification' && has(...OF_TRANSACTION)) {
    return inVariables(`must be code and minutes alone: a text for ${purpose} has no transaction.`);
  }
  if (purpose === 'transaction-approval' && !(has('amount') && has('payee', 'masked-payee'))) {
    return inVariables('must have amount, and payee or masked-payee: the customer must read what the code approves.');
  }
  for (const [index, { tag }] of variablesOf(parts).entries()) {
    const binding = variables[index]!;
    const { allows, whole, takes } = valueRule(tag, language);
    const { typical } = VALUE_SHAPES[binding];
    const fits = charactersOf(typical).every(allows) && (whole?.test(typical) ?? true);
    // A payee may be a telephone number, or an address.
    if (fits || (binding === 'payee' && tag !== 'url' && tag !== 'urlott')) continue;
    return inVariables(`cannot have ${binding} as number ${index + 1}: there the text takes ${takes}, {#${tag}#}.`);
  }
  return undefined;
}

function checkLengths({ maxVariableLength }: DltTemplate): TemplateFault | undefined {
  if (maxVariableLength >= LONGEST_CODE) return undefined;
  return { member: 'maxVariableLength', message: `must be at least ${LONGEST_CODE}: a code has as many digits.` };
}

/** Browsers read the last line alone: `@host #code`, one blank, nothing behind it (WICG, "Origin-bound one-time codes"). */
function checkWebOtp({ text, parts, variables, webOtpHost }: DltTemplate): TemplateFault | undefined {
  const last = linesOf(text).at(-1) ?? '';
  if (webOtpHost === undefined) {
    if (!looksLikeWebOtp(last)) return undefined;
    return inText('ends with a line for WebOTP. Set webOtpHost to its host, so that the line can be checked.');
  }
  if (!HOST.test(webOtpHost))
    return { member: 'webOtpHost', message: 'must be a host in lower case, such as pay.example.in.' };
  const end = parts.at(-1);
  const isCode = end?.kind === 'variable' && variables.at(-1) === 'code';
  if (isCode && last === `@${webOtpHost} #{#${end.tag}#}`) return undefined;
  return inText(
    `must end with the line "@${webOtpHost} #" and, right behind it, the code: one blank, and no third part.`,
  );
}

function checkRetriever(template: DltTemplate): TemplateFault | undefined {
  const { text, webOtpHost, retrieverHash } = template;
  if (retrieverHash === undefined) return undefined;
  if (!isRetrieverHash(retrieverHash)) {
    return { member: 'retrieverHash', message: 'must be the 11 characters that Android computes of the app.' };
  }
  const lines = linesOf(text);
  if (lines.at(webOtpHost === undefined ? -1 : -2) !== retrieverHash) {
    const where = webOtpHost === undefined ? 'as its last line' : 'as the line before the one for WebOTP';
    return inText(`must have ${retrieverHash} ${where}: it is fixed text of the template.`);
  }
  const bytes = retrieverBytes(sample(template, 'longest'));
  if (bytes <= RETRIEVER_BYTES) return undefined;
  return inText(
    `makes messages of up to ${bytes} bytes, and Android reads ${RETRIEVER_BYTES}. Shorten it, or drop the line of the app.`,
  );
}

/** A text of another company, copied with its id, would go out in that one's name. */
function checkSignature({ text }: DltTemplate, signature: string | undefined): TemplateFault | undefined {
  if (signature === undefined || linesOf(text).includes(`- ${signature}`)) return undefined;
  return inText(
    `must have the line "- ${signature}". If it is signed otherwise, give the template a signature of its own.`,
  );
}

function variablesOf(parts: readonly TemplatePart[]): readonly VariablePart[] {
  return parts.filter((part) => part.kind === 'variable');
}

function linesOf(text: string): string[] {
  return text.split('\n');
}

function inVariables(message: string): TemplateFault {
  return { member: 'variables', message };
}

function inText(message: string): TemplateFault {
  return { member: 'text', message };
}
