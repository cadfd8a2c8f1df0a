import { misconfigured } from '../../lib/errors.ts';
import { readSetting, type Variables } from '../../lib/read-setting.ts';
import { isPlaceholder, type Placeholder, PLACEHOLDER_NAMES, type Values } from './placeholders.ts';

/** A text with places for values. What is inserted is not read again: a value with braces in it stays as it is. */
export type Template = readonly (string | { readonly placeholder: Placeholder })[];

/** Reads texts of the options. Collects what their placeholders need of a message. */
export interface TemplateReader {
  readonly needed: ReadonlySet<Placeholder>;
  /** A text or `{ env }`, with variables put in; placeholders are refused. */
  readonly fixed: (value: unknown, path: string) => string;
  readonly template: (value: unknown, path: string) => Template;
}

const REFERENCE = /\{\{([^{}]*)\}\}|\$\{([^{}]*)\}/g;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function createTemplateReader(variables: Variables): TemplateReader {
  const needed = new Set<Placeholder>();
  const template = (value: unknown, path: string): Template => {
    if (isVariable(value)) return [readVariable(value.env, path, variables)];
    if (typeof value !== 'string') throw misconfigured(`${path} must be a text, or { "env": "NAME" }.`);
    return partsOf(value, path, variables);
  };
  return {
    needed,
    fixed(value, path) {
      const parts = template(value, path);
      const text = parts.filter((part) => typeof part === 'string');
      if (text.length === parts.length) return text.join('');
      throw misconfigured(`${path} is the same for every SMS: put placeholders into headers, json, form or query.`);
    },
    template(value, path) {
      const parts = template(value, path);
      for (const part of parts) if (typeof part !== 'string') needed.add(part.placeholder);
      return parts;
    },
  };
}

export function fill(template: Template, values: Values): string {
  return template.map((part) => (typeof part === 'string' ? part : (values.get(part.placeholder) ?? ''))).join('');
}

export function isVariable(value: unknown): value is { readonly env: unknown } {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'env';
}

/** What an environment variable holds. Never in an error: only its name is. */
function readVariable(name: unknown, path: string, variables: Variables): string {
  if (typeof name !== 'string' || !VARIABLE_NAME.test(name)) {
    throw misconfigured(`${path} must name an environment variable: letters, digits and _, as in SMS_API_KEY.`);
  }
  const value = readSetting(variables, name);
  if (value === undefined)
    throw misconfigured(`${path} needs the environment variable ${name}, or ${name}_FILE. Set it.`);
  return value;
}

function partsOf(text: string, path: string, variables: Variables): Template {
  const parts: Template[number][] = [];
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, placeholder, variable] = match;
    parts.push(plain(text.slice(end, match.index), path));
    parts.push(placeholder === undefined ? readVariable(variable, path, variables) : named(placeholder.trim(), path));
    end = match.index + whole.length;
  }
  parts.push(plain(text.slice(end), path));
  return parts.filter((part) => part !== '');
}

function named(name: string, path: string): Template[number] {
  if (isPlaceholder(name)) return { placeholder: name };
  throw misconfigured(`${path}: there is no placeholder {{${name}}}. There are ${PLACEHOLDER_NAMES.join(', ')}.`);
}

function plain(text: string, path: string): string {
  if (!/\{\{|\}\}|\$\{/.test(text)) return text;
  throw misconfigured(`${path} has braces that are no placeholder: write {{name}} or \${NAME}.`);
}
