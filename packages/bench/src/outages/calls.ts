import { type Envelope, signedHeaders, WIRE_PATHS } from '@verified-mobile/client';
import type { IssuerAccount } from '@verified-mobile/issuer';
import { ACCOUNT as QUOTA_FREE_ACCOUNT } from '../issuer/fixtures.ts';

/** With limits so wide that what refuses a send is an outage, and no limit. */
export const ACCOUNT: IssuerAccount = {
  ...QUOTA_FREE_ACCOUNT,
  limits: { cooldownSeconds: [0], sendsPerHour: 1000, sendsPerDay: 1000, failuresBeforeWait: 100 },
};

/**
 * `failed`: an answer that is not 200. Without an answer nobody knows what was done: `cut-off` if the connection broke or
 * could not be made, `late` if there was none in time.
 */
export type CallOutcome = 'accepted' | 'refused' | 'failed' | 'cut-off' | 'late';

export interface CallResult {
  readonly outcome: CallOutcome;
  /** Of the answer; empty unless it was accepted. */
  readonly data: Readonly<Record<string, string | boolean>>;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

type Fields = Readonly<Record<string, string>>;

/** How long a customer's service waits for an answer. */
const ANSWER_WITHIN_MS = 10_000;
const BASE_PATH = '/ekoapi/v3';

export async function askSend(url: string, fields: Fields): Promise<CallResult> {
  return ask('POST', url + BASE_PATH + WIRE_PATHS.sendOtp, { csp_id: '9002336768', ...fields });
}

export async function askVerify(url: string, fields: Fields): Promise<CallResult> {
  return ask('PUT', url + BASE_PATH + WIRE_PATHS.verifyOtp, fields);
}

export async function askConsume(url: string, fields: Fields): Promise<CallResult> {
  return ask('POST', `${url}${BASE_PATH}${WIRE_PATHS.sendOtp}/consume-token`, fields);
}

async function ask(method: string, url: string, fields: Fields): Promise<CallResult> {
  const startedAt = Date.now();
  const { outcome, data } = await answerTo(method, url, { initiator_id: ACCOUNT.initiatorId, ...fields });
  return { outcome, data, startedAt, endedAt: Date.now() };
}

/** @throws if the request itself is wrong: then the figures would be those of another load */
async function answerTo(method: string, url: string, body: Fields): Promise<Pick<CallResult, 'outcome' | 'data'>> {
  const keys = { developerKey: ACCOUNT.developerKey, accessKey: ACCOUNT.accessKeys[0]! };
  const headers = { 'content-type': 'application/json', ...signedHeaders(keys) };
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, { method, headers, signal, body: JSON.stringify(body) });
    [status, text] = [response.status, await response.text()];
  } catch {
    return { outcome: signal.aborted ? 'late' : 'cut-off', data: {} };
  }
  if (status >= 400 && status < 500) throw new Error(`${method} ${new URL(url).pathname}: ${status} ${text}`);
  if (status !== 200) return { outcome: 'failed', data: {} };
  const answer = JSON.parse(text) as Envelope<Record<string, string | boolean>>;
  return answer.status === 0 ? { outcome: 'accepted', data: answer.data ?? {} } : { outcome: 'refused', data: {} };
}
