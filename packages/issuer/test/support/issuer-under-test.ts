import { signedHeaders } from '@verified-mobile/client';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import {
  createIssuer,
  generateSigningKey,
  type Issuer,
  type IssuerAccount,
  type IssuerEvent,
  type IssuerOptions,
  type OtpStore,
  type SmsMessage,
  type SmsTransport,
} from '@verified-mobile/issuer';
import type { RequestSource } from '../../src/setup/recording.ts';

export const START = Date.parse('2026-05-22T10:29:04.250Z');
export const BASE_URL = 'https://otp.test/ekoapi/v3';
export const MOBILE = '9002336768';
export const OTP_URL = `${BASE_URL}/tools/kyc/mobile/otp`;
export const VERIFY_URL = `${OTP_URL}/verify`;
export const VALIDATE_URL = `${OTP_URL}/validate-token`;
export const CONSUME_URL = `${OTP_URL}/consume-token`;

export const SHOP: IssuerAccount = {
  id: 'shop',
  developerKey: 'shop-developer-key',
  accessKeys: ['shop-access-key-1'],
  initiatorId: '1234567891',
  audience: 'payouts',
  senderSignature: 'Test Shop',
};
export const BANK: IssuerAccount = {
  id: 'bank',
  developerKey: 'bank-developer-key',
  accessKeys: ['bank-access-key-1', 'bank-access-key-2'],
  initiatorId: '9962981729',
  audience: 'transfers',
  senderSignature: 'Test Bank',
};

export interface Answer {
  status: number;
  response_status_id: number;
  response_type_id: number;
  message: string;
  data?: Record<string, unknown>;
}

const MANY = { perMinute: 1_000_000, perHour: 1_000_000, perDay: 1_000_000 };

/** No pause and no count on sends, for tests of something else. */
export const UNLIMITED = {
  limits: { cooldownSeconds: [0], sendsPerHour: 1000, sendsPerDay: 1000 },
  quotas: { account: MANY, agent: MANY },
  sendsPerMobileAndDay: 10_000,
} as const satisfies Partial<IssuerOptions>;

/** The source of the events of one request of the shop. */
export function aRequest(): RequestSource {
  return { requestId: 'request-1', account: SHOP.id, tid: '2886978474', address: undefined, writes: [] };
}

/** An issuer with its clock, its outgoing SMS, and the calls signed as `account`. */
export interface IssuerUnderTest {
  clock: { now: number };
  sms: SmsMessage[];
  events: IssuerEvent[];
  /** Of all nodes in turn. */
  fetch: Issuer['fetch'];
  nodes: Issuer[];
  /** The code of the newest SMS. */
  newestCode: () => string;
  /** A code that is not the newest one. */
  wrongCode: () => string;
  request: (method: string, url: string, body?: unknown, account?: IssuerAccount) => Promise<Response>;
  send: (body?: object, account?: IssuerAccount) => Promise<Answer>;
  verify: (body?: object, account?: IssuerAccount) => Promise<Answer>;
  /** Verifies and gives the bytes of the answer. */
  verifyText: (otp: string, mobile?: string) => Promise<string>;
  validate: (token: string, account?: IssuerAccount) => Promise<Answer>;
  /** Sends, verifies, gives the token. */
  token: (account?: IssuerAccount) => Promise<string>;
}

/** One issuer, or one for each store: several nodes that share what is stored, keys and peppers. No limit on sends. */
export function issuerUnderTest(changes: Partial<IssuerOptions> = {}, stores?: readonly OtpStore[]): IssuerUnderTest {
  return limitedIssuerUnderTest({ ...UNLIMITED, ...changes }, stores);
}

/** The same with the limits of production. */
export function limitedIssuerUnderTest(
  changes: Partial<IssuerOptions> = {},
  stores?: readonly OtpStore[],
): IssuerUnderTest {
  const clock = { now: START };
  const sms: SmsMessage[] = [];
  const events: IssuerEvent[] = [];
  const { sendSms: _, ...common } = goodOptions();
  const sendSms: SmsTransport = async (message) => {
    sms.push(message);
    return { outcome: 'accepted' };
  };
  const options: IssuerOptions = {
    ...common,
    ...(changes.routes === undefined && { sendSms }),
    clock: () => clock.now,
    replayStore: isolatedMemoryReplayStore({ clock: () => clock.now }),
    onEvent: (event) => void events.push(event),
    refusalTakesMs: 0,
    ...changes,
  };
  const nodes = stores ? stores.map((store) => createIssuer({ ...options, store })) : [createIssuer(options)];
  let turn = 0;
  let sends = 0;
  const fetch: Issuer['fetch'] = async (incoming, connection) => {
    turn += 1;
    return nodes[turn % nodes.length]!.fetch(incoming, connection);
  };

  const request: IssuerUnderTest['request'] = async (method, url, body, account = SHOP) =>
    fetch(signedRequest(method, url, body, account, clock.now));
  const newestCode = (): string => /^[0-9]+/.exec(sms.at(-1)?.text ?? '')?.[0] ?? 'no code was sent';
  const send: IssuerUnderTest['send'] = async (body = {}, account = SHOP) => {
    const client_ref_id = String(211_101_129_871 + sends);
    sends += 1;
    return answerOf(await request('POST', OTP_URL, { ...sendBody(account), client_ref_id, ...body }, account));
  };
  const verify: IssuerUnderTest['verify'] = async (body = {}, account = SHOP) => {
    const good = { initiator_id: account.initiatorId, otp: newestCode(), mobile: MOBILE };
    return answerOf(await request('PUT', VERIFY_URL, { ...good, ...body }, account));
  };

  return {
    clock,
    sms,
    events,
    fetch,
    nodes,
    newestCode,
    wrongCode: () => otherCode(newestCode()),
    request,
    send,
    verify,
    verifyText: async (otp, mobile = MOBILE) =>
      (await request('PUT', VERIFY_URL, { initiator_id: SHOP.initiatorId, otp, mobile })).text(),
    validate: async (token, account = SHOP) =>
      answerOf(await request('GET', validateUrl(token, account.initiatorId), undefined, account)),
    token: async (account = SHOP) => {
      await send({}, account);
      const token = (await verify({}, account)).data?.['otp_verification_token'];
      return typeof token === 'string' ? token : 'no token was answered';
    },
  };
}

export function goodOptions(): IssuerOptions {
  return {
    issuer: 'https://otp.test',
    accounts: [SHOP, BANK],
    signingKeys: [generateSigningKey()],
    peppers: [Buffer.alloc(32, 'pepper')],
    sendSms: async () => ({ outcome: 'accepted' }),
  };
}

export function sendBody(account: IssuerAccount = SHOP): Record<string, string> {
  return { initiator_id: account.initiatorId, csp_id: '9002336768', mobile: MOBILE, client_ref_id: '211101129871' };
}

export function validateUrl(token: string, initiatorId: string): string {
  const query = new URLSearchParams({ initiator_id: initiatorId, otp_verification_token: token });
  return `${VALIDATE_URL}?${query.toString()}`;
}

function otherCode(code: string): string {
  return String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
}

function signedRequest(method: string, url: string, body: unknown, account: IssuerAccount, now: number): Request {
  const headers = signedHeaders({ developerKey: account.developerKey, accessKey: account.accessKeys[0] ?? '' }, now);
  if (body === undefined) return new Request(url, { method, headers });
  const json = { 'content-type': 'application/json' };
  return new Request(url, { method, headers: { ...headers, ...json }, body: JSON.stringify(body) });
}

async function answerOf(response: Response): Promise<Answer> {
  return (await response.json()) as Answer;
}
