import type { HttpAnswer, Loss } from './exchange.ts';
import { diagnoseForbidden } from './diagnose-forbidden.ts';
import { type AnswerDetails, OtpApiError, type OtpApiErrorCode } from './errors.ts';
import { redactedQuote } from './redact.ts';
import { ResponseStatus, ResponseType } from './wire.ts';

/** What must be known of a call to read its answer. */
export interface MadeCall {
  readonly name: 'Send OTP' | 'Verify OTP' | 'Validate Token' | 'Message';
  readonly successType: number;
  /** What to do if it is unknown whether the call took effect. */
  readonly whenLost: string;
  readonly host: string;
  readonly clock: () => number;
  readonly messageSignature: boolean;
  /** What no error may repeat. */
  readonly secrets: readonly string[];
}

type JsonObject = Readonly<Record<string, unknown>>;

/** The envelope of which only the numbers have been checked. */
interface ReadEnvelope {
  readonly status: number;
  readonly response_status_id: number;
  readonly response_type_id: number;
  readonly message?: unknown;
  readonly data?: unknown;
}

const BY_STATUS_ID: Readonly<Record<number, OtpApiErrorCode>> = {
  [ResponseStatus.wrongOtp]: 'otp_wrong',
  [ResponseStatus.otpExpired]: 'otp_expired',
  [ResponseStatus.insufficientBalance]: 'insufficient_balance',
  [ResponseStatus.userNotFound]: 'user_not_found',
};

const BY_TYPE_ID: Readonly<Record<number, OtpApiErrorCode>> = {
  [ResponseType.otpSent]: 'otp_not_sent',
  [ResponseType.otpVerification]: 'otp_rejected',
  [ResponseType.tokenRefused]: 'token_invalid',
};

const REMEDIES: Readonly<Partial<Record<OtpApiErrorCode, string>>> = {
  otp_wrong: 'the OTP is wrong. Let the customer type it again.',
  otp_expired: 'the OTP has expired. Send a new one.',
  otp_rejected: 'the OTP is wrong, expired or used. Let the customer try again, or send a new one.',
  otp_wait: 'it is too soon for another OTP. Wait before the next attempt; the one before may still be good.',
  otp_not_sent: 'no OTP was sent. Check the mobile, or change what the API objects to.',
  token_timed_out: 'the token has timed out. Verify the mobile again.',
  token_invalid: 'the token is not valid. Verify the mobile again.',
  user_not_found: 'initiatorId is not registered for these keys. Give the one that belongs to developerKey.',
  insufficient_balance: 'the balance of the account does not cover an SMS. Top it up.',
  refused: 'the API refuses the call.',
};

/**
 * The `data` of a successful answer. Every other answer becomes one error here, read from HTTP status, `status`,
 * `response_status_id`, `response_type_id` and, if only that tells, the message.
 */
export function readAnswer(answer: HttpAnswer | Loss, call: MadeCall): JsonObject {
  if (answer.outcome !== 'answered') {
    const code = answer.outcome === 'timed-out' ? 'timed_out' : 'unavailable';
    throw new OtpApiError(code, `${call.name}: no answer from ${call.host} (${answer.reason}). ${call.whenLost}`);
  }
  const envelope = parseEnvelope(answer.text);
  const isAnswerOfCall = envelope !== undefined && envelope.response_type_id !== ResponseType.none;
  if (answer.status !== 200 && !(answer.status < 500 && isAnswerOfCall)) throw httpError(answer, envelope, call);
  if (envelope === undefined) throw unexpected(call, describeText(answer.text));
  if (envelope.status !== ResponseStatus.success || envelope.response_status_id !== ResponseStatus.success) {
    throw refusal(envelope, answer, call);
  }
  if (envelope.response_type_id !== call.successType) {
    throw unexpected(call, `a success of type ${envelope.response_type_id}, where ${call.successType} was due`);
  }
  if (isObject(envelope.data)) return envelope.data;
  throw unexpected(call, 'a success without its data');
}

/** An answer that is not as the API is published. It is then unknown whether the call took effect. */
export function unexpected(call: MadeCall, what: string, httpStatus = 200): OtpApiError {
  const remedy = "Check that baseUrl is the API's and that nothing on the way answers in its place.";
  const message = `${call.name}: ${call.host} answered with ${what}. ${remedy} ${call.whenLost}`;
  return new OtpApiError('unexpected_answer', message, { httpStatus });
}

function refusal(envelope: ReadEnvelope, answer: HttpAnswer, call: MadeCall): OtpApiError {
  const { response_status_id: statusId, response_type_id: typeId, message } = envelope;
  let code = BY_STATUS_ID[statusId] ?? BY_TYPE_ID[typeId] ?? 'refused';
  // One type for both: only the message says which tokens were valid once.
  if (code === 'token_invalid' && /timed out|expired/i.test(String(message))) code = 'token_timed_out';
  const details = detailsOf(answer);
  // One type and one status for all refused sends: only a wait says when to come again.
  if (code === 'otp_not_sent' && (details.retryAfterSeconds !== undefined || answer.status === 429)) code = 'otp_wait';
  const text = `${call.name}: ${REMEDIES[code]}${redactedQuote(message, call.secrets)}`;
  return new OtpApiError(code, text, { ...details, responseStatusId: statusId, responseTypeId: typeId });
}

function httpError(answer: HttpAnswer, envelope: ReadEnvelope | undefined, call: MadeCall): OtpApiError {
  const { status } = answer;
  const said = typeof envelope?.message === 'string' ? envelope.message : undefined;
  if (status === 403) {
    const { host, messageSignature } = call;
    const diagnosis = diagnoseForbidden({ host, now: call.clock(), date: answer.date, said, messageSignature });
    const message = `${call.name}: HTTP 403 from ${call.host}. ${diagnosis}${redactedQuote(said, call.secrets)}`;
    return new OtpApiError('forbidden', message, detailsOf(answer));
  }
  if (status === 429 || status >= 500) {
    const message = `${call.name}: HTTP ${status} from ${call.host}. Try again later. ${call.whenLost}`;
    return new OtpApiError('unavailable', message, detailsOf(answer));
  }
  const redirected = status >= 300 && status < 400;
  const what = redirected ? `a redirect (HTTP ${status}), which would take keys and token elsewhere` : `HTTP ${status}`;
  return unexpected(call, what, status);
}

function detailsOf({ status, retryAfter }: HttpAnswer): AnswerDetails {
  const wait = /^[0-9]{1,9}$/.test(retryAfter ?? '') && { retryAfterSeconds: Number(retryAfter) };
  return { httpStatus: status, ...wait };
}

function parseEnvelope(text: string | undefined): ReadEnvelope | undefined {
  const value = text === undefined ? undefined : parseJson(text);
  if (!isObject(value)) return undefined;
  const numbers = [value['status'], value['response_status_id'], value['response_type_id']];
  return numbers.every((number) => typeof number === 'number') ? (value as unknown as ReadEnvelope) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    return undefined;
  }
}

function describeText(text: string | undefined): string {
  if (text === undefined) return 'more than 64 KiB';
  if (text.trim() === '') return 'an empty body';
  if (text.trimStart().startsWith('<')) return 'HTML, not JSON';
  return parseJson(text) === undefined ? 'broken or truncated JSON' : 'JSON that is not the envelope of the API';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
