import { misconfigured } from '../../lib/errors.ts';
import { requireObject } from '../../lib/settings.ts';

/** What an answer says, read at most once as JSON. */
export interface AnswerBody {
  readonly text: string;
  /** `undefined` if it is no JSON. */
  readonly json: () => unknown;
}

/** @returns `undefined` if the answer has no such text, number or boolean */
export type ReadAnswer = (body: AnswerBody) => string | undefined;

const LONGEST_PATTERN = 500;
const PATH = /^[^.\s]+(?:\.[^.\s]+)*$/;

export function answerBody(text: string): AnswerBody {
  let parsed: { readonly value: unknown } | undefined;
  return {
    text,
    json() {
      parsed ??= { value: parseJson(text) };
      return parsed.value;
    },
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param where names the option in errors */
export function readAnswerValue(value: unknown, where: string): ReadAnswer {
  if (typeof value !== 'string') {
    const { pattern, ...others } = requireObject(value, where);
    if (Object.keys(others).length > 0) throw misconfigured(`${where} must be a path, or { "pattern": "…" }.`);
    const expression = readPattern(pattern, `${where}.pattern`);
    return ({ text }) => expression.exec(text)?.[1];
  }
  const path = readPath(value, where);
  return (body) => valueAt(body.json(), path);
}

export function readPath(value: unknown, where: string): readonly string[] {
  if (typeof value === 'string' && PATH.test(value)) return value.split('.');
  throw misconfigured(`${where} must be a path into the JSON, such as messages.0.id.`);
}

export function readPattern(value: unknown, where: string): RegExp {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_PATTERN) {
    try {
      return new RegExp(value, 'u');
    } catch {
      // Said below.
    }
  }
  throw misconfigured(`${where} must be a regular expression of at most ${LONGEST_PATTERN} characters.`);
}

export function nodeAt(json: unknown, path: readonly string[]): unknown {
  let node = json;
  for (const name of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return undefined;
    node = Reflect.get(node, name);
  }
  return node;
}

/** As text. A number that JSON has rounded is none: it would name another message. */
export function valueAt(json: unknown, path: readonly string[]): string | undefined {
  const value = nodeAt(json, path);
  if (typeof value === 'string' && value !== '') return value;
  const isExact = Number.isSafeInteger(value) || (typeof value === 'number' && !Number.isInteger(value));
  return isExact || typeof value === 'boolean' ? String(value) : undefined;
}
