import type { CodeMessage, Composition } from '../domain/ports.ts';
import type { SmsPurpose } from '../domain/sms-message.ts';
import { IssuerError } from '../lib/errors.ts';
import { charactersOf } from './characters.ts';
import { namedCode, type OperatorCode } from './operator-codes.ts';
import { scrub } from './scrub.ts';
import { type MessageTemplate, render, type VariablePart } from './template.ts';
import { valueOf, VALUE_SHAPES } from './values.ts';
import { valueRule } from './variable-tags.ts';

type Mismatch = Extract<Composition, { outcome: 'template-mismatch' }>;

/**
 * Words a code as its SMS, in the language that was asked for, else in the account's first. A registered text is compared
 * with its registration before anybody sees it.
 */
export function compose(texts: readonly MessageTemplate[], message: CodeMessage): Composition {
  const purpose: SmsPurpose = message.transaction === undefined ? 'mobile-verification' : 'transaction-approval';
  const fit = texts.filter((text) => text.purpose === purpose);
  if (fit.length === 0) return withoutTemplate(purpose, message);
  const wanted = message.language?.toLowerCase();
  const template = fit.find(({ language }) => wanted === undefined || language.toLowerCase() === wanted);
  if (template === undefined) return { outcome: 'unknown-language', languages: fit.map(({ language }) => language) };
  const values = template.variables.map((binding) => valueOf(binding, message));
  const text = render(template.parts, values);
  return (
    mismatchOf(template, values, text, message) ?? { outcome: 'composed', message: composed(template, text, message) }
  );
}

function composed(
  { purpose, text: template, dlt }: MessageTemplate,
  text: string,
  { mobile, account, challenge }: CodeMessage,
): Extract<Composition, { outcome: 'composed' }>['message'] {
  const { id: challengeId, expiresAt } = challenge;
  return { to: mobile, account, challengeId, expiresAt, purpose, text, template, ...(dlt && { dlt }) };
}

function withoutTemplate(purpose: SmsPurpose, { account }: CodeMessage): Mismatch {
  const problem = `The account ${account} has no registered template for ${purpose}. Register one, and add it to the DLT registry.`;
  return mismatch('630', problem, undefined);
}

/** What operators would say of the text, and whose value it is that they stumble over. */
function mismatchOf(
  { dlt, language, parts, variables }: MessageTemplate,
  values: readonly string[],
  text: string,
  { account }: CodeMessage,
): Mismatch | undefined {
  if (dlt === undefined) return undefined;
  const { templateId } = dlt;
  const result = scrub({ id: templateId, language, parts }, text);
  if (result.outcome === 'matched') return undefined;
  const places = parts.filter((part) => part.kind === 'variable');
  const wrong = places.findIndex((place, index) => !fits(values[index] ?? '', place, language));
  const [binding, place] = [variables[wrong], places[wrong]];
  const { index, character, operatorCode } = result;
  const where = `The text of the account ${account} does not match its template ${templateId} at character ${index} (${character})`;
  if (binding === undefined || place === undefined) return mismatch(operatorCode, `${where}.`, undefined);
  const takes = `${valueRule(place.tag, language).takes} (at most ${place.maxLength} characters)`;
  const { field } = VALUE_SHAPES[binding];
  const problem = `${where}, in variable ${wrong + 1} (${binding}): it must be ${takes}.`;
  return mismatch(operatorCode, problem, field && { field, takes });
}

function fits(value: string, { tag, maxLength }: VariablePart, language: string): boolean {
  const { allows, whole } = valueRule(tag, language);
  const characters = charactersOf(value);
  const isInBounds = characters.length > 0 && characters.length <= maxLength;
  return isInBounds && characters.every(allows) && (whole === undefined || whole.test(value));
}

function mismatch(operatorCode: OperatorCode, problem: string, callersField: Mismatch['callersField']): Mismatch {
  const error = new IssuerError('template_mismatch', `${problem} Operators' code ${namedCode(operatorCode)}.`);
  return { outcome: 'template-mismatch', operatorCode, error, callersField };
}
