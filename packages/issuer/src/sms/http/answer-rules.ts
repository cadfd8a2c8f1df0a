import { misconfigured } from '../../lib/errors.ts';
import { refuseUnknownNames, requireObject } from '../../lib/settings.ts';
import { type AnswerBody, type ReadAnswer, readAnswerValue, readPath, readPattern, valueAt } from './answer-value.ts';
import type { HttpSmsOptions } from './options.ts';

/** What an answer may mean other than that the SMS was accepted. */
export type Meaning = 'message' | 'throttled' | 'unavailable' | 'unknown';

/** How the answers of one provider are read. */
export interface AnswerRules {
  readonly isAccepted: (status: number, body: AnswerBody) => boolean;
  readonly messageId: ReadAnswer;
  readonly code: ReadAnswer;
  /** Of statuses and codes that the options name. */
  readonly meanings: ReadonlyMap<number | string, Meaning>;
}

const MEANINGS: readonly Meaning[] = ['message', 'throttled', 'unavailable', 'unknown'];
const OPERATOR_CODE = /^[\w.-]{1,32}$/;
const SUCCESS = [200, 201, 202];
const nothing: ReadAnswer = () => undefined;

export function readAnswerRules({ accepted, messageId, refused }: HttpSmsOptions): AnswerRules {
  const readId = messageId === undefined ? nothing : readAnswerValue(messageId, 'messageId');
  return { messageId: readId, isAccepted: readAccepted(accepted, readId), ...readRefused(refused ?? {}) };
}

function readAccepted(value: unknown, readId: ReadAnswer): AnswerRules['isAccepted'] {
  const accepted = requireObject(value, 'accepted');
  refuseUnknownNames('accepted', accepted, ['status', 'path', 'oneOf', 'pattern', 'anyBody']);
  const statuses = accepted['status'] ?? SUCCESS;
  const isList = Array.isArray(statuses) && statuses.length > 0;
  if (!isList || !statuses.every((status) => isStatus(status) && status < 300)) {
    throw misconfigured('accepted.status must be a list of HTTP statuses from 200 to 299.');
  }
  const holds = readCondition(accepted, readId);
  return (status, body) => statuses.includes(status) && holds(body);
}

/** What the body must say. A 200 alone says nothing: providers answer errors with it. */
function readCondition(accepted: Record<string, unknown>, readId: ReadAnswer): (body: AnswerBody) => boolean {
  const { path, oneOf, pattern, anyBody } = accepted;
  const given = ['path', 'pattern', 'anyBody'].filter((name) => accepted[name] !== undefined);
  if (given.length > 1) throw misconfigured(`accepted takes one of ${given.join(' and ')}.`);
  if (pattern !== undefined) {
    const expression = readPattern(pattern, 'accepted.pattern');
    return ({ text }) => expression.test(text);
  }
  if (path !== undefined) {
    const at = readPath(path, 'accepted.path');
    const isList = Array.isArray(oneOf) && oneOf.length > 0;
    if (!isList || !oneOf.every((value) => ['string', 'number', 'boolean'].includes(typeof value))) {
      throw misconfigured('accepted.oneOf must be a list of what the path may hold.');
    }
    const texts = new Set(oneOf.map(String));
    return (body) => texts.has(valueAt(body.json(), at) ?? '');
  }
  if (oneOf !== undefined) throw misconfigured('accepted.oneOf needs accepted.path.');
  if (anyBody === true) return () => true;
  if (anyBody !== undefined) throw misconfigured('accepted.anyBody must be true, or left out.');
  if (readId === nothing) {
    throw misconfigured('accepted must say what a good answer holds: path and oneOf, pattern, or set messageId.');
  }
  return (body) => readId(body) !== undefined;
}

function readRefused(value: unknown): Pick<AnswerRules, 'code' | 'meanings'> {
  const refused = requireObject(value, 'refused');
  refuseUnknownNames('refused', refused, ['code', ...MEANINGS]);
  const meanings = new Map<number | string, Meaning>();
  for (const meaning of MEANINGS) {
    const listed = refused[meaning] ?? [];
    if (!Array.isArray(listed)) throw misconfigured(`refused.${meaning} must be a list.`);
    for (const item of listed as unknown[]) {
      const isOne = typeof item === 'number' ? isStatus(item) && item >= 400 : typeof item === 'string' && item !== '';
      if (!isOne) {
        throw misconfigured(`refused.${meaning} must hold HTTP statuses from 400 as numbers, and codes as texts.`);
      }
      const key = item as number | string;
      if (meanings.has(key)) throw misconfigured(`refused names ${JSON.stringify(key)} twice.`);
      meanings.set(key, meaning);
    }
  }
  const { code } = refused;
  const hasCodes = [...meanings.keys()].some((key) => typeof key === 'string');
  if (hasCodes && code === undefined) throw misconfigured('refused.code is missing: where the codes are.');
  return { meanings, code: code === undefined ? nothing : readCode(readAnswerValue(code, 'refused.code')) };
}

/** Of a form that may stand in events. */
function readCode(read: ReadAnswer): ReadAnswer {
  return (body) => {
    const code = read(body);
    return code !== undefined && OPERATOR_CODE.test(code) ? code : undefined;
  };
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
}
