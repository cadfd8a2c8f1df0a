import { misconfigured } from './errors.ts';
import type { ApiKeys } from './sign-request.ts';

/** Eko's own environments. Keys belong to one of them. */
export type EkoEnvironment = 'staging' | 'production';

export interface OtpClientOptions extends ApiKeys {
  /** Registered mobile of the API user: ten digits. */
  readonly initiatorId: string;
  /** Which of Eko's environments to call. Give this or `baseUrl`. */
  readonly environment?: EkoEnvironment;
  /** Where another issuer serves the calls: `https://otp.example.in/ekoapi/v3`. Plain `http` on a loopback address only. */
  readonly baseUrl?: string;
  /** How long a call may take, its retries included. Milliseconds, 1 to 60,000. Default 5,000. */
  readonly timeoutMs?: number;
  /**
   * How often a call is repeated after a quick failure, if that is safe: any call that never reached the server, and
   * Validate Token also after a lost connection or HTTP 502 to 504. 0 to 5. Default 1.
   */
  readonly retries?: number;
  /**
   * `true` says that the issuer sends one SMS for one `clientRefId`, however often it is asked: Send OTP is then
   * repeated like Validate Token. Ours does; Eko does not say so, and there a repeat may send a second SMS. Default `false`.
   */
  readonly idempotentSends?: boolean;
  /**
   * `true` signs every request as a whole: method, path, query and body as well as the time, and for one use. For accounts
   * of our issuer with `requireMessageSignature`; its other accounts ignore it. Eko has no such thing. Default `false`.
   */
  readonly messageSignature?: boolean;
  /**
   * `true` sends the token of Validate Token in a body, by `POST`, so that it is in no access log on the way. Our issuer
   * takes both; Eko takes `GET` only, with the token in the URL. Default `false`.
   */
  readonly validateByPost?: boolean;
  /** Returns the time in milliseconds; every request signs it. Default `Date.now`. */
  readonly clock?: () => number;
  /** Answers requests in place of the network: `createSandbox(…).fetch` in tests. Default: the global `fetch`. */
  readonly fetch?: (request: Request) => Response | Promise<Response>;
}

export interface ClientSettings extends Omit<OtpClientOptions, 'environment' | 'fetch'> {
  readonly baseUrl: string;
  /** Of `baseUrl`; errors name it. */
  readonly host: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly idempotentSends: boolean;
  readonly messageSignature: boolean;
  readonly validateByPost: boolean;
  readonly clock: () => number;
  readonly fetch: OtpClientOptions['fetch'];
}

const BASE_URLS: Readonly<Record<EkoEnvironment, string>> = {
  staging: 'https://staging.eko.in/ekoapi/v3',
  production: 'https://api.eko.in/ekoicici/v3',
};

const NAMES: readonly string[] = [
  'developerKey',
  'accessKey',
  'initiatorId',
  'environment',
  'baseUrl',
  'timeoutMs',
  'retries',
  'idempotentSends',
  'messageSignature',
  'validateByPost',
  'clock',
  'fetch',
] satisfies (keyof OtpClientOptions)[];

/** @throws {OtpApiError} `invalid_configuration`, naming the option and the remedy; no value is repeated */
export function resolveOptions(options: OtpClientOptions): ClientSettings {
  refuseBrowser();
  if (typeof options !== 'object' || options === null) throw misconfigured('createOtpClient() takes one object.');
  refuseUnknownNames('createOtpClient()', options, NAMES);
  const { developerKey, accessKey, initiatorId, timeoutMs = 5_000, retries = 1, clock = Date.now, fetch } = options;
  const { idempotentSends = false, messageSignature = false, validateByPost = false } = options;
  const switches = { idempotentSends, messageSignature, validateByPost };
  requireKey('developerKey', developerKey);
  requireKey('accessKey', accessKey);
  if (developerKey === accessKey) {
    throw misconfigured(
      'developerKey and accessKey are the same text. The developer key is sent; the access key signs.',
    );
  }
  if (typeof initiatorId !== 'string' || !/^[0-9]{10}$/.test(initiatorId)) {
    throw misconfigured('initiatorId must be a string of ten digits: the registered mobile of the API user.');
  }
  requireWholeNumber('timeoutMs', timeoutMs, 1, 60_000);
  requireWholeNumber('retries', retries, 0, 5);
  for (const [name, value] of Object.entries(switches)) {
    if (typeof value !== 'boolean') throw misconfigured(`${name} must be true or false.`);
  }
  if (typeof clock !== 'function') throw misconfigured('clock must be a function that gives milliseconds.');
  if (fetch !== undefined && typeof fetch !== 'function') throw misconfigured('fetch must be a function of a Request.');
  const baseUrl = resolveBaseUrl(options);
  const { host } = new URL(baseUrl);
  return { developerKey, accessKey, initiatorId, baseUrl, host, timeoutMs, retries, ...switches, clock, fetch };
}

/** The access key signs for the whole account: in a browser every visitor could read it. */
function refuseBrowser(): void {
  if (!('document' in globalThis || 'importScripts' in globalThis)) return;
  throw misconfigured(
    'createOtpClient() must not run in a browser: its access key would be public. Call it on a server.',
  );
}

/** Quotes and line ends come with careless settings files, and would only show as a 403. */
function requireKey(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') {
    throw misconfigured(`${name} is missing. Copy it from your account with the issuer.`);
  }
  if (!/^[!-~]+$/.test(value) || /^["']|["']$/.test(value)) {
    throw misconfigured(`${name} holds quotes, white space or characters beyond ASCII. Copy the bare key.`);
  }
}

/** A misspelt option would otherwise silently keep its default. */
export function refuseUnknownNames(what: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw misconfigured(`${what} has no option ${unknown.join(', ')}. It takes: ${known.join(', ')}.`);
}

export function requireWholeNumber(name: string, value: unknown, from: number, to: number): void {
  if (Number.isInteger(value) && Number(value) >= from && Number(value) <= to) return;
  throw misconfigured(`${name} must be a whole number from ${from} to ${to}.`);
}

function resolveBaseUrl({ environment, baseUrl, messageSignature, validateByPost }: OtpClientOptions): string {
  if ((environment === undefined) === (baseUrl === undefined)) {
    throw misconfigured("Give either environment ('staging' or 'production', Eko's) or baseUrl (another issuer's).");
  }
  if (baseUrl === undefined) {
    const known = environment !== undefined && Object.hasOwn(BASE_URLS, environment);
    if (!known) throw misconfigured("environment must be 'staging' or 'production'. For another issuer give baseUrl.");
    if (messageSignature || validateByPost) {
      throw misconfigured(
        "Eko's API has neither messageSignature nor validateByPost. Leave them out, or give baseUrl.",
      );
    }
    return BASE_URLS[environment];
  }
  return requireTrustworthyUrl(baseUrl);
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function requireTrustworthyUrl(text: string): string {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  const trustworthy = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (url === undefined || !trustworthy) {
    throw misconfigured(
      'baseUrl must be an https URL. Plain http is taken on a loopback address only: OTPs go through it.',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw misconfigured('baseUrl is scheme, host and path only, like https://otp.example.in/ekoapi/v3.');
  }
  return url.href.replace(/\/+$/, '');
}
