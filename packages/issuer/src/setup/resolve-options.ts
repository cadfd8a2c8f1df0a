import {
  type ConversionGuard,
  DEFAULT_LIMITS,
  DEFAULT_SENDS_PER_MOBILE_AND_DAY,
  type Limits,
} from '../domain/limits.ts';
import type { OtpStore } from '../domain/otp-store.ts';
import { misconfigured } from '../lib/errors.ts';
import { definedOf, refuseUnknownNames, requireFunction, requireText, requireWhole } from '../lib/settings.ts';
import { memoryOtpStore } from '../store/memory/memory-otp-store.ts';
import { type LoadedSigningKey, loadSigningKeys } from '../tokens/signing-keys.ts';
import { defaultFaultReporter } from './fault-reporter.ts';
import type { IssuerOptions, Reloadable } from './options.ts';
import { type Account, resolveAccounts } from './resolve-accounts.ts';
import { mergedLimits, resolveConversionGuard } from './resolve-limits.ts';

export const DEFAULT_BASE_PATH = '/ekoapi/v3';
const SHORTEST_PEPPER_BYTES = 32;
const OPTION_NAMES: readonly (keyof IssuerOptions)[] = [
  'issuer',
  'accounts',
  'signingKeys',
  'peppers',
  'sendSms',
  'smsTimeoutMs',
  'store',
  'replayStore',
  'ledger',
  'basePath',
  'timestampWindowSeconds',
  'environment',
  'trustedProxies',
  'limits',
  'sendsPerMobileAndDay',
  'refusalTakesMs',
  'conversionGuard',
  'clock',
  'onEvent',
  'onRequest',
  'onFault',
  'onCheckpoint',
];
const STORE_VERBS = [
  'reserveSend',
  'commitSend',
  'cancelSend',
  'countAttempt',
  'consume',
  'release',
  'usage',
] as const satisfies readonly (keyof OtpStore)[];

/** What may change while the issuer runs. */
export interface InForce {
  /** By developer key. */
  readonly accounts: ReadonlyMap<string, Account>;
  readonly signingKeys: readonly LoadedSigningKey[];
  readonly peppers: readonly Uint8Array[];
}

type Plain = 'issuer' | 'sendSms' | 'store' | 'basePath' | 'environment' | 'trustedProxies' | 'clock' | 'onFault';
type Optional = 'replayStore' | 'ledger' | 'onEvent' | 'onRequest' | 'onCheckpoint';

/** The options after every check and default. */
export interface ResolvedOptions extends Required<Pick<IssuerOptions, Plain>>, Pick<IssuerOptions, Optional> {
  readonly timestampWindowMs: number;
  readonly smsTimeoutMs: number;
  readonly limits: Limits;
  readonly sendsPerMobileAndDay: number;
  readonly refusalTakesMs: number;
  readonly conversionGuard: ConversionGuard;
  readonly inForce: InForce;
}

const DEFAULTS = {
  basePath: DEFAULT_BASE_PATH,
  timestampWindowSeconds: 300,
  environment: 'production',
  trustedProxies: 0,
  sendsPerMobileAndDay: DEFAULT_SENDS_PER_MOBILE_AND_DAY,
  smsTimeoutMs: 5_000,
  refusalTakesMs: 10,
  clock: Date.now,
  onFault: defaultFaultReporter,
} as const satisfies Partial<IssuerOptions>;

type Settings = IssuerOptions & Required<Pick<IssuerOptions, keyof typeof DEFAULTS | 'store'>>;

export function resolveOptions(options: IssuerOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw misconfigured('createIssuer takes an object of options.');
  }
  refuseUnknownNames('createIssuer', options, OPTION_NAMES);
  const given = definedOf(options) as IssuerOptions;
  const settings: Settings = { ...DEFAULTS, ...given, store: given.store ?? memoryOtpStore() };
  requireText('issuer', settings.issuer, 'the URL of this service, such as https://otp.example.in');
  requireFunctions(settings);
  requireRanges(settings);
  const limits = mergedLimits('limits', settings.limits, DEFAULT_LIMITS);
  const { accounts, signingKeys, peppers } = settings;
  return {
    ...settings,
    limits,
    timestampWindowMs: settings.timestampWindowSeconds * 1000,
    conversionGuard: resolveConversionGuard(settings.conversionGuard),
    inForce: resolveReloadable({ accounts, signingKeys, peppers }, limits),
  };
}

function requireRanges(settings: Settings): void {
  requirePath(settings.basePath);
  requireWhole('timestampWindowSeconds', settings.timestampWindowSeconds, 1, 3600);
  requireWhole('trustedProxies', settings.trustedProxies, 0, 10);
  requireWhole('sendsPerMobileAndDay', settings.sendsPerMobileAndDay, 1, 10_000);
  requireWhole('smsTimeoutMs', settings.smsTimeoutMs, 1, 30_000);
  requireWhole('refusalTakesMs', settings.refusalTakesMs, 0, 1000);
  const environment: unknown = settings.environment;
  if (environment === 'production' || environment === 'sandbox') return;
  throw misconfigured('environment must be production or sandbox.');
}

/** All that is given is checked before any of it is in force. */
export function resolveReloadable(given: Reloadable, limits: Limits): InForce;
export function resolveReloadable(given: Partial<Reloadable>, limits: Limits): Partial<InForce>;
export function resolveReloadable(given: Partial<Reloadable>, limits: Limits): Partial<InForce> {
  return {
    ...('accounts' in given && { accounts: resolveAccounts(given.accounts, limits) }),
    ...('signingKeys' in given && { signingKeys: loadSigningKeys(given.signingKeys) }),
    ...('peppers' in given && { peppers: checkedPeppers(given.peppers) }),
  };
}

function requireFunctions(settings: Settings): void {
  const { store, sendSms, clock, onFault, onEvent, onRequest, onCheckpoint, replayStore, ledger } = settings;
  requireFunction(
    'sendSms',
    sendSms,
    'a function that hands over one SMS: async ({ to, text }, { signal }) => ({ outcome: "accepted" })',
  );
  const hooks = { clock, onFault, onEvent, onRequest, onCheckpoint };
  for (const [name, value] of Object.entries(hooks)) {
    if (value !== undefined) requireFunction(name, value, 'a function, or leave it out');
  }
  for (const verb of STORE_VERBS) {
    requireFunction(`store.${verb}`, store[verb], 'a function. Use memoryOtpStore() or redisOtpStore(connection)');
  }
  requireMethod('replayStore', replayStore, 'consume', 'a function');
  requireMethod('ledger', ledger, 'append', 'a function. Use openFileLedger()');
  if (onCheckpoint !== undefined && ledger?.head === undefined) {
    throw misconfigured('onCheckpoint needs a ledger with the method head. Use openFileLedger() or postgresLedger().');
  }
}

/** Of something that may be left out. */
function requireMethod(name: string, value: object | undefined, method: string, remedy: string): void {
  if (value !== undefined) requireFunction(`${name}.${method}`, Reflect.get(value, method), remedy);
}

function requirePath(basePath: unknown): void {
  const isPath = typeof basePath === 'string' && /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(basePath);
  if (!isPath) throw misconfigured(`basePath must begin with a slash and end without one, like ${DEFAULT_BASE_PATH}.`);
}

function checkedPeppers(peppers: unknown): readonly Uint8Array[] {
  const isFit =
    Array.isArray(peppers) &&
    (peppers.length === 1 || peppers.length === 2) &&
    peppers.every((pepper) => pepper instanceof Uint8Array && pepper.byteLength >= SHORTEST_PEPPER_BYTES);
  // Copies: a caller that wipes its own must not change the codes under way.
  if (isFit) return peppers.map((pepper: Uint8Array) => Uint8Array.from(pepper));
  throw misconfigured(
    `peppers must hold one or two secrets of at least ${SHORTEST_PEPPER_BYTES} random bytes (Buffer or Uint8Array). ` +
      'Make one with randomBytes(32) of node:crypto and keep it apart from the store.',
  );
}
