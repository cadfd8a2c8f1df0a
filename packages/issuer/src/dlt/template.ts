import type { DltFields, SmsPurpose } from '../domain/sms-message.ts';
import { VARIABLE_TAGS, type VariableTag } from './variable-tags.ts';

/** What a variable of a text says. */
export const VARIABLE_BINDINGS = ['code', 'amount', 'currency', 'payee', 'masked-payee', 'minutes'] as const;
export type VariableBinding = (typeof VARIABLE_BINDINGS)[number];

/** A stretch of a template. */
export type TemplatePart = { readonly kind: 'fixed'; readonly text: string } | VariablePart;

/** Where a value stands. It has at least one character, and `maxLength` at most. */
export interface VariablePart {
  readonly kind: 'variable';
  readonly tag: VariableTag;
  readonly maxLength: number;
}

/** A text with variables, and what each of them, in order, is bound to. */
export interface MessageTemplate {
  readonly purpose: SmsPurpose;
  /** BCP 47, such as `en`. */
  readonly language: string;
  /** As registered, variables in the place of the values. */
  readonly text: string;
  readonly parts: readonly TemplatePart[];
  readonly variables: readonly VariableBinding[];
  /** Absent: the text is not registered, and compared with nothing. */
  readonly dlt?: DltFields;
}

const TAG = new RegExp(`\\{#(${VARIABLE_TAGS.join('|')})#\\}`, 'g');

/** Cuts a registered text at its variables. */
export function partsOf(text: string, maxLength: number): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const { 0: written, 1: tag, index } of text.matchAll(TAG)) {
    if (index > end) parts.push({ kind: 'fixed', text: text.slice(end, index) });
    parts.push({ kind: 'variable', tag: tag as VariableTag, maxLength });
    end = index + written.length;
  }
  if (end < text.length) parts.push({ kind: 'fixed', text: text.slice(end) });
  return parts;
}

/** The text with the values, in the order of the variables. */
export function render(parts: readonly TemplatePart[], values: readonly string[]): string {
  let next = 0;
  return parts.map((part) => (part.kind === 'fixed' ? part.text : (values[next++] ?? ''))).join('');
}
