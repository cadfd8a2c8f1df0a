import { type Clock, systemClock } from '../lib/clock.ts';
import { misconfigured } from '../lib/errors.ts';
import { memoryReplayStore } from '../replay/memory-replay-store.ts';
import type { ReplayStore } from '../replay/replay-store.ts';
import { refuseUnknownNames, requireFunction, requireObject, requireWholeNumber } from '../lib/settings.ts';
import { type AgeLimits, resolveAgeLimits } from '../token/age-limits.ts';
import { type ResolvedIssuer, resolveIssuers, type TrustedIssuer } from '../token/trusted-issuer.ts';
import { isJsonObject } from '../lib/json.ts';
import type { DecisionEvent } from './decision-event.ts';
import { issuersFromEnvironment, readSetting } from './environment.ts';
import { DEFAULT_TOKEN_SOURCES, type TokenSource } from './presentation.ts';

type Awaitable<Value> = Value | Promise<Value>;

export interface GuardOptions<Request = unknown> extends Partial<AgeLimits> {
  /** Whose tokens pass. Default: the issuer that the `VERIFIED_MOBILE_*` variables name. */
  issuers?: TrustedIssuer | readonly TrustedIssuer[];
  /** Where token ids are consumed. Default `memoryReplayStore()`, which serves one process only. */
  replayStore?: ReplayStore;
  /**
   * Where the token is. All sources are read, and two that hold different tokens are refused.
   * Default: header `otp-verification-token` and body field `otp_verification_token`.
   */
  token?: TokenSource<Request> | readonly TokenSource<Request>[];
  /** The mobile this request must prove, any spelling. If it returns none, the request is refused with 403. Default: any mobile. */
  expectMobile?: (request: Request) => Awaitable<string | null | undefined>;
  /**
   * The fields this request is about, as JSON. The token must carry their hash, unless its issuer is declared
   * `bindsTransactions: false`. Without this option a token that carries hashes is refused: its customer approved
   * something that this guard does not compare.
   */
  transaction?: (request: Request) => Awaitable<unknown>;
  /**
   * The caller's key for this operation. The same operation (service, method, path, transaction and key) may present its
   * token again and passes with `retry: true`. A retry without a record must not pay: set this only if the handler answers a repeated key from its record.
   * Without it, or if it returns no key, every second use is refused.
   */
  idempotencyKey?: (request: Request) => Awaitable<string | null | undefined>;
  /**
   * Names this service in the operation, so that a retry is this service's own: to another service that shares the store
   * the token is used. Required if `idempotencyKey` meets a shared store. Default: `VERIFIED_MOBILE_SERVICE`.
   */
  service?: string;
  /** Guard only the requests for which this is true. If it throws, the request is guarded. Default: all. */
  when?: (request: Request) => Awaitable<boolean>;
  /** How long the replay store may take; then the request is refused with 503. Milliseconds, 1 to 60,000. Default 250. */
  storeTimeoutMs?: number;
  /** Told of every decision, masked. It cannot change one. If it fails, one warning says so, without the error. */
  onDecision?: (event: DecisionEvent) => Awaitable<void>;
  /**
   * The time in milliseconds, for tests. Default: the system's clock; when that was set by more than 30 s, every request is
   * refused with 503 until it is back, or has stood there for 10 s.
   */
  clock?: Clock;
}

export interface GuardSettings<Request> extends AgeLimits {
  readonly issuers: readonly ResolvedIssuer[];
  readonly replayStore: ReplayStore;
  readonly tokenSources: readonly TokenSource<Request>[];
  readonly expectMobile: GuardOptions<Request>['expectMobile'];
  readonly transaction: GuardOptions<Request>['transaction'];
  readonly idempotencyKey: GuardOptions<Request>['idempotencyKey'];
  readonly service: string;
  readonly when: GuardOptions<Request>['when'];
  readonly onDecision: GuardOptions<Request>['onDecision'];
  readonly storeTimeoutMs: number;
  readonly clock: Clock;
}

const FUNCTIONS = ['expectMobile', 'transaction', 'idempotencyKey', 'when', 'onDecision', 'clock'] as const;
const NAMES = [
  'issuers',
  'replayStore',
  'token',
  'maxAgeSeconds',
  'clockToleranceSeconds',
  'storeTimeoutMs',
  'service',
  ...FUNCTIONS,
] as const satisfies readonly (keyof GuardOptions)[];

/** @throws {VerifiedMobileError} `invalid_configuration`: everything that can be refused before the first request */
export function resolveOptions<Request>(options: GuardOptions<Request>): GuardSettings<Request> {
  requireObject('The guard', options);
  refuseRequest(options);
  refuseUnknownNames('The guard', options, NAMES);
  for (const name of FUNCTIONS) requireFunction(name, options[name]);
  const { storeTimeoutMs = 250 } = options;
  requireWholeNumber('storeTimeoutMs', storeTimeoutMs, { from: 1, to: 60_000 });
  const ageLimits = resolveAgeLimits(options);
  const replayStore = resolveStore(options.replayStore, ageLimits);
  return {
    issuers: resolveIssuers(options.issuers ?? issuersFromEnvironment(process.env)),
    replayStore,
    service: resolveService(options, replayStore),
    tokenSources: resolveTokenSources(options.token ?? DEFAULT_TOKEN_SOURCES),
    expectMobile: options.expectMobile,
    transaction: options.transaction,
    idempotencyKey: options.idempotencyKey,
    when: options.when,
    onDecision: options.onDecision,
    ...ageLimits,
    storeTimeoutMs,
    clock: options.clock ?? systemClock,
  };
}

/** `app.use(requireVerifiedMobile)` calls it with the first request in the place of options. */
function refuseRequest(options: object): void {
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(options) as object | null);
  if (isPlain || Object.keys(options).every((name) => NAMES.includes(name as (typeof NAMES)[number]))) return;
  throw misconfigured(
    'requireVerifiedMobile makes the middleware and was mounted as if it were one. Write requireVerifiedMobile(), with the ' +
      'parentheses.',
  );
}

function resolveStore(given: ReplayStore | undefined, { clockToleranceSeconds }: AgeLimits): ReplayStore {
  const store = given ?? memoryReplayStore({ issuerClockToleranceSeconds: clockToleranceSeconds });
  if (typeof store?.consume !== 'function' || (store.scope !== 'process' && store.scope !== 'shared')) {
    throw misconfigured(
      "replayStore must have consume() and scope 'process' or 'shared'. Leave it out for the memory store.",
    );
  }
  const { issuerClockToleranceSeconds: borne = Infinity } = store;
  if (clockToleranceSeconds <= borne) return store;
  throw misconfigured(
    `clockToleranceSeconds is ${clockToleranceSeconds}, and the replay store bears ${borne}: after it lost its memory, a token ` +
      `from a fast clock would pass again. Give the store issuerClockToleranceSeconds: ${clockToleranceSeconds}.`,
  );
}

const LONGEST_SERVICE_NAME = 128;

function resolveService<Request>(options: GuardOptions<Request>, { scope }: ReplayStore): string {
  const service = options.service ?? readSetting(process.env, 'VERIFIED_MOBILE_SERVICE') ?? '';
  if (typeof service !== 'string' || service.length > LONGEST_SERVICE_NAME || !service.isWellFormed()) {
    throw misconfigured(`service must be a name of at most ${LONGEST_SERVICE_NAME} characters, such as payouts.`);
  }
  if (service !== '' || options.idempotencyKey === undefined || scope === 'process') return service;
  throw misconfigured(
    'service is missing: without it one token would pass once in each service that shares the replay store. Set the ' +
      'option service, or VERIFIED_MOBILE_SERVICE, to the name of this service.',
  );
}

function resolveTokenSources<Request>(
  given: TokenSource<Request> | readonly TokenSource<Request>[],
): readonly TokenSource<Request>[] {
  const sources = (Array.isArray(given) ? given : [given]) as readonly TokenSource<Request>[];
  if (sources.length > 0 && sources.every(isTokenSource)) return sources.map(withLowerCaseHeader);
  throw misconfigured(
    "token takes { header: 'name' }, { bodyField: 'name' }, a function of the request, or a list of these.",
  );
}

function isTokenSource(source: unknown): boolean {
  if (typeof source === 'function') return true;
  if (!isJsonObject(source) || Object.keys(source).length !== 1) return false;
  const name = source['header'] ?? source['bodyField'];
  return typeof name === 'string' && name !== '';
}

function withLowerCaseHeader<Request>(source: TokenSource<Request>): TokenSource<Request> {
  return typeof source === 'object' && 'header' in source ? { header: source.header.toLowerCase() } : source;
}
