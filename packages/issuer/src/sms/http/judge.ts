import type { SmsRefusal, SmsResult } from '../../domain/sms-route.ts';
import type { AnswerRules, Meaning } from './answer-rules.ts';
import { answerBody } from './answer-value.ts';
import type { Exchange } from './exchange.ts';

/** What became of an SMS. */
export interface Verdict {
  readonly result: SmsResult;
  /** What the operator should know of it: nothing of the SMS, and no text of the provider's. */
  readonly fault?: string;
}

type Answered = Extract<Exchange, { outcome: 'answered' }>;

const LONGEST_WAIT_MS = 3_600_000;
/** Of statuses that say that nothing was done, whoever the provider is. What is missing here may have been accepted. */
const STATUSES: ReadonlyMap<number, readonly [Meaning, string?]> = new Map<number, readonly [Meaning, string?]>([
  [400, ['message']],
  [401, ['unavailable', 'Check the credentials.']],
  [402, ['unavailable', 'The account has no balance.']],
  [403, ['unavailable', 'Check the credentials, and whether the provider knows the address of this service.']],
  [404, ['unavailable', 'Check url.']],
  [405, ['unavailable', 'Check method.']],
  [406, ['unavailable', 'Check headers.']],
  [407, ['unavailable', 'A proxy on the way wants credentials.']],
  [410, ['unavailable', 'Check url.']],
  [411, ['unavailable', 'Check method.']],
  [413, ['message']],
  [414, ['message']],
  [415, ['unavailable', 'Check headers and the form of the body.']],
  [421, ['unavailable', 'Check url.']],
  [422, ['message']],
  [429, ['throttled']],
]);
/** Any other may repeat what was sent. */
const KNOWN_TYPE = /^(?:application\/(?:json|xml|problem\+json)|text\/(?:html|plain|xml))\b/;
/** 303 is not among them: it follows what was done. */
const REDIRECTS: ReadonlySet<number> = new Set([300, 301, 302, 305, 307, 308]);

/** A repetition can only prove that the SMS was accepted: its refusal says nothing of the request before it. */
export function judgeExchanges(
  [first, repetition]: readonly [Exchange, Exchange?],
  rules: AnswerRules,
  now: number,
): Verdict {
  const verdict = repetition && judgeExchange(repetition, rules, now);
  return verdict?.result.outcome === 'accepted' ? verdict : judgeExchange(first, rules, now);
}

function judgeExchange(exchange: Exchange, rules: AnswerRules, now: number): Verdict {
  if (exchange.outcome === 'unsent') {
    const fault = `The provider could not be reached (${exchange.cause}). Nothing was sent.`;
    return { result: { outcome: 'refused', reason: 'unavailable' }, fault };
  }
  if (exchange.outcome === 'answered') return judgeAnswer(exchange, rules, now);
  return unknown(`The SMS was sent, and there was no whole answer (${exchange.cause}).`);
}

function judgeAnswer(answer: Answered, rules: AnswerRules, now: number): Verdict {
  const { status } = answer;
  const body = answerBody(answer.body ?? '');
  const isWhole = answer.body !== undefined;
  if (isWhole && rules.isAccepted(status, body)) {
    const messageId = rules.messageId(body);
    return { result: { outcome: 'accepted', ...(messageId !== undefined && { messageId }) } };
  }
  if (REDIRECTS.has(status)) return redirected(answer);
  const code = isWhole ? rules.code(body) : undefined;
  const known = (code === undefined ? undefined : rules.meanings.get(code)) ?? rules.meanings.get(status);
  // An error in a 5xx is a refusal only if the options say so: a gateway may fail after its back end has accepted.
  const [meaning, remedy] = known ? [known] : (STATUSES.get(status) ?? [meaningOfRest(status, code), undefined]);
  if (meaning === 'unknown') return unknown(`The provider answered ${described(answer)}.`);
  return refused(answer, meaning, code, now, remedy);
}

function meaningOfRest(status: number, code: string | undefined): Meaning {
  return code !== undefined && status < 500 && ![303, 408, 409].includes(status) ? 'message' : 'unknown';
}

function refused(
  answer: Answered,
  reason: SmsRefusal['reason'],
  code: string | undefined,
  now: number,
  remedy: string | undefined,
): Verdict {
  const retryAfterMs = reason === 'message' ? undefined : retryAfter(answer.headers['retry-after'], now);
  const result: SmsRefusal = {
    outcome: 'refused',
    reason,
    ...(code !== undefined && { operatorCode: code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
  if (reason !== 'unavailable') return { result };
  const named = code === undefined ? '' : `, code ${code}`;
  return {
    result,
    fault: `The provider refuses: status ${answer.status}${named}. ${remedy ?? 'See its documentation.'}`,
  };
}

function redirected({ status, headers: { location = '' } }: Answered): Verdict {
  // The rest of the address may repeat the request, and with it the code.
  const to = URL.canParse(location) ? ` to ${new URL(location).origin}` : '';
  const fault = `The provider answered ${status}, a redirect${to}. None is followed: set url to where the API is.`;
  return { result: { outcome: 'refused', reason: 'unavailable' }, fault };
}

function unknown(what: string): Verdict {
  return { result: { outcome: 'unknown' }, fault: `${what} It may have accepted the SMS: the outcome is unknown.` };
}

function described({ status, headers, body }: Answered): string {
  const type = KNOWN_TYPE.exec(headers['content-type'] ?? '')?.[0] ?? 'no type that is known';
  const size = body === undefined ? 'over 64 KiB' : `${Buffer.byteLength(body)} bytes`;
  return `status ${status} with nothing that the options tell apart (${type}, ${size})`;
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_WAIT_MS) : undefined;
}
