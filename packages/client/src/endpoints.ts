import { exchange, type HttpCall } from './exchange.ts';
import { parseIstDate } from './ist-date.ts';
import { type ClientSettings, requireWholeNumber } from './options.ts';
import { OtpApiError } from './errors.ts';
import type { CallOptions, OtpSent, SendOtp, SentMessage, VerifiedMobile, VerifyOtp } from './otp-client.ts';
import { type MadeCall, readAnswer, unexpected } from './read-answer.ts';
import {
  requireClientRefId,
  requireLanguage,
  requireMobile,
  requireOtp,
  requireSessionId,
  requireTenDigits,
  requireTid,
  requireToken,
} from './require-arguments.ts';
import { ResponseType, type SendOtpRequest, type VerifyOtpRequest, WIRE_PATHS } from './wire.ts';

type Endpoint = Pick<MadeCall, 'name' | 'successType' | 'whenLost'>;

const SEND: Endpoint = {
  name: 'Send OTP',
  successType: ResponseType.otpSent,
  whenLost: 'An SMS may have been sent: let the customer look before another one is.',
};
const VERIFY: Endpoint = {
  name: 'Verify OTP',
  successType: ResponseType.otpVerification,
  whenLost: 'The OTP may be used up: verify it again, and send a new one if it is then rejected.',
};
const VALIDATE: Endpoint = {
  name: 'Validate Token',
  successType: ResponseType.tokenValid,
  whenLost: 'Nothing was used up: ask again.',
};

const MESSAGE: Endpoint = {
  name: 'Message',
  successType: ResponseType.none,
  whenLost: 'Nothing was changed: ask again.',
};

export async function sendOtp(settings: ClientSettings, request: SendOtp, options?: CallOptions): Promise<OtpSent> {
  const mobile = requireMobile(request.mobile);
  const cspId = requireTenDigits('cspId', request.cspId);
  const { clientRefId, sessionId, transaction, language } = request;
  const body: SendOtpRequest = {
    initiator_id: settings.initiatorId,
    csp_id: cspId,
    mobile,
    ...(clientRefId !== undefined && { client_ref_id: requireClientRefId(clientRefId) }),
    ...(sessionId !== undefined && { session_id: requireSessionId(sessionId) }),
    ...(transaction !== undefined && { transaction }),
    ...(language !== undefined && { language: requireLanguage(language) }),
  };
  const repeatable = settings.idempotentSends && clientRefId !== undefined;
  const http = { method: 'POST', path: WIRE_PATHS.sendOtp, body: JSON.stringify(body), repeatable } as const;
  const answer = await callEndpoint(settings, SEND, http, { ...options, secrets: [mobile, cspId] });

  const otpExpiresAt = parseIstDate(answer.text('otp_expiry_timestamp'));
  if (otpExpiresAt === undefined) throw answer.refuse('a success whose data.otp_expiry_timestamp is no date in IST');
  return { tid: answer.text('tid'), clientRefId: answer.optionalText('client_ref_id'), otpExpiresAt };
}

export async function verifyOtp(
  settings: ClientSettings,
  request: VerifyOtp,
  options?: CallOptions,
): Promise<VerifiedMobile> {
  const mobile = requireMobile(request.mobile);
  const { otp, sessionId } = request;
  const body: VerifyOtpRequest = {
    initiator_id: settings.initiatorId,
    otp: requireOtp(otp),
    mobile,
    ...(sessionId !== undefined && { session_id: requireSessionId(sessionId) }),
  };
  const http = { method: 'PUT', path: WIRE_PATHS.verifyOtp, body: JSON.stringify(body), repeatable: false } as const;
  const answer = await callEndpoint(settings, VERIFY, http, { ...options, secrets: [mobile, body.otp] });
  const verified = readVerified(answer);
  if (verified.mobile === `+91${mobile}`) return verified;
  throw answer.refuse('a success about another mobile');
}

export async function validateToken(
  settings: ClientSettings,
  token: string,
  options?: CallOptions,
): Promise<VerifiedMobile> {
  const fields = { initiator_id: settings.initiatorId, otp_verification_token: requireToken(token) };
  const path = WIRE_PATHS.validateToken;
  const http = settings.validateByPost
    ? ({ method: 'POST', path, body: JSON.stringify(fields), repeatable: true } as const)
    : ({ method: 'GET', path: `${path}?${new URLSearchParams(fields).toString()}`, repeatable: true } as const);
  const answer = await callEndpoint(settings, VALIDATE, http, { ...options, secrets: [token] });
  const verified = readVerified(answer);
  if (verified.token === token) return verified;
  throw new OtpApiError('token_invalid', 'Validate Token: the answer is about another token. Verify the mobile again.');
}

export async function getMessage(settings: ClientSettings, tid: string, options?: CallOptions): Promise<SentMessage> {
  const query = new URLSearchParams({ initiator_id: settings.initiatorId }).toString();
  const path = `${WIRE_PATHS.messages}/${requireTid(tid)}?${query}`;
  const answer = await callEndpoint(
    settings,
    MESSAGE,
    { method: 'GET', path, repeatable: true },
    { ...options, secrets: [] },
  );
  const dateOf = (name: string): Date | undefined => {
    const value = answer.optionalText(name);
    const date = value === undefined ? undefined : new Date(value);
    if (date === undefined || !Number.isNaN(date.valueOf())) return date;
    throw answer.refuse(`a success whose data.${name} is no date`);
  };
  const queuedAt = dateOf('queued_at');
  if (queuedAt === undefined) throw answer.refuse('a success whose data.queued_at is missing');
  if (answer.text('tid') !== tid) throw answer.refuse('a success about another message');
  return {
    tid,
    state: answer.text('state') as SentMessage['state'],
    receipt: answer.optionalText('receipt') as SentMessage['receipt'],
    route: answer.optionalText('route'),
    messageId: answer.optionalText('message_id'),
    operatorCode: answer.optionalText('operator_code'),
    queuedAt,
    endedAt: dateOf('ended_at'),
    receiptAt: dateOf('receipt_at'),
  };
}

function readVerified(answer: Answer): VerifiedMobile {
  const digits = answer.text('mobile');
  if (!/^[6-9][0-9]{9}$/.test(digits)) throw answer.refuse('a success whose data.mobile is no mobile');
  return {
    mobile: `+91${digits}`,
    token: answer.text('otp_verification_token'),
    tid: answer.text('tid'),
    clientRefId: answer.optionalText('client_ref_id'),
  };
}

/** The data of a success. Each reading throws `unexpected_answer` if a member is not as published. */
interface Answer {
  readonly text: (name: string) => string;
  readonly optionalText: (name: string) => string | undefined;
  readonly refuse: (what: string) => OtpApiError;
}

async function callEndpoint(
  settings: ClientSettings,
  endpoint: Endpoint,
  { path, ...http }: Omit<HttpCall, 'url'> & { readonly path: string },
  options: CallOptions & { readonly secrets: readonly string[] },
): Promise<Answer> {
  const { baseUrl, host, clock, messageSignature, accessKey, developerKey, initiatorId } = settings;
  const { timeoutMs = settings.timeoutMs, retries = settings.retries, signal } = options;
  requireWholeNumber('timeoutMs', timeoutMs, 1, 60_000);
  requireWholeNumber('retries', retries, 0, 5);
  const secrets = [accessKey, developerKey, initiatorId, ...options.secrets];
  const call = { ...endpoint, host, clock, messageSignature, secrets };
  const limits = { timeoutMs, retries, signal };
  const data = readAnswer(await exchange({ ...http, url: baseUrl + path }, settings, limits), call);
  const refuse = (what: string): OtpApiError => unexpected(call, what);
  const text = (name: string): string => {
    const value = Object.hasOwn(data, name) ? data[name] : undefined;
    if (typeof value === 'string' && value !== '') return value;
    throw refuse(`a success whose data.${name} is ${value === undefined ? 'missing' : 'no text'}`);
  };
  return { text, optionalText: (name) => (data[name] === undefined ? undefined : text(name)), refuse };
}
