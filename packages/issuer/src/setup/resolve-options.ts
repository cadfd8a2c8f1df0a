import type { ReplayStore } from '@verified-mobile/core';
import {
  type ConversionGuard,
  DEFAULT_ACCOUNT_CONVERSION_GUARD,
  DEFAULT_CONVERSION_GUARD,
  DEFAULT_LIMITS,
  DEFAULT_SENDS_PER_MOBILE_AND_DAY,
} from '../domain/limits.ts';
import type { StoreVerb } from '../domain/otp-store.ts';
import { misconfigured } from '../lib/errors.ts';
import { definedOf, refuseUnknownNames, requireFunction, requireText, requireWhole } from '../lib/settings.ts';
import { isSecret, SHORTEST_SECRET_BYTES } from '../lib/secrets.ts';
import { memoryOtpStore } from '../store/memory/memory-otp-store.ts';
import { type LoadedSigningKey, loadSigningKeys } from '../tokens/signing-keys.ts';
import { defaultFaultReporter } from './fault-reporter.ts';
import type { IssuerOptions, Reloadable } from './options.ts';
import { type LoadedPepper, loadPeppers } from './peppers.ts';
import { type Account, type CommonRules, resolveAccounts } from './resolve-accounts.ts';
import { mergedLimits, resolveConversionGuard } from './resolve-limits.ts';
import { checkQuotas } from './resolve-quotas.ts';

export const DEFAULT_BASE_PATH = '/ekoapi/v3';
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
  'ledgerWrites',
  'digestKey',
  'basePath',
  'timestampWindowSeconds',
  'environment',
  'trustedProxies',
  'limits',
  'quotas',
  'sendsPerMobileAndDay',
  'refusalTakesMs',
  'conversionGuard',
  'accountConversionGuard',
  'clock',
  'onEvent',
  'onRequest',
  'onMeasured',
  'onFault',
];
const STORE_VERBS = [
  'reserveSend',
  'commitSend',
  'cancelSend',
  'countAttempt',
  'consume',
  'release',
  'usage',
] as const satisfies readonly StoreVerb[];

/** What may change while the issuer runs. */
export interface InForce {
  /** By developer key. */
  readonly accounts: ReadonlyMap<string, Account>;
  readonly signingKeys: readonly LoadedSigningKey[];
  readonly peppers: readonly LoadedPepper[];
}

type Plain =
  | 'issuer'
  | 'sendSms'
  | 'store'
  | 'ledgerWrites'
  | 'basePath'
  | 'environment'
  | 'trustedProxies'
  | 'clock'
  | 'onFault';
type Optional = 'replayStore' | 'ledger' | 'digestKey' | 'onEvent' | 'onRequest' | 'onMeasured';

/** The options after every check and default. */
export interface ResolvedOptions extends Required<Pick<IssuerOptions, Plain>>, Pick<IssuerOptions, Optional> {
  readonly timestampWindowSeconds: number;
  readonly smsTimeoutMs: number;
  readonly rules: CommonRules;
  readonly sendsPerMobileAndDay: number;
  readonly refusalTakesMs: number;
  readonly conversionGuard: ConversionGuard;
  readonly accountConversionGuard: ConversionGuard;
  readonly inForce: InForce;
  /** By which callers date their requests: `clock`, but in the sandbox, whose clock goes ahead of theirs. */
  readonly callersClock: () => number;
}

const DEFAULTS = {
  ledgerWrites: 'behind-answer',
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
  const rules: CommonRules = {
    limits: mergedLimits('limits', settings.limits, DEFAULT_LIMITS),
    quotas: checkQuotas('quotas', settings.quotas),
    replayStore: settings.replayStore,
    timestampWindowSeconds: settings.timestampWindowSeconds,
  };
  const { accounts, signingKeys, peppers } = settings;
  return {
    ...settings,
    callersClock: settings.clock,
    rules,
    ...conversionGuardsOf(settings),
    inForce: resolveReloadable({ accounts, signingKeys, peppers }, rules),
  };
}

type ConversionGuards = Pick<ResolvedOptions, 'conversionGuard' | 'accountConversionGuard'>;

function conversionGuardsOf({ conversionGuard: prefix, accountConversionGuard: account }: Settings): ConversionGuards {
  return {
    conversionGuard: resolveConversionGuard('conversionGuard', prefix, DEFAULT_CONVERSION_GUARD),
    accountConversionGuard: resolveConversionGuard('accountConversionGuard', account, DEFAULT_ACCOUNT_CONVERSION_GUARD),
  };
}

function requireRanges(settings: Settings): void {
  requirePath(settings.basePath);
  requireWhole('timestampWindowSeconds', settings.timestampWindowSeconds, 1, 3600);
  requireWhole('trustedProxies', settings.trustedProxies, 0, 10);
  requireWhole('sendsPerMobileAndDay', settings.sendsPerMobileAndDay, 1, 10_000);
  requireWhole('smsTimeoutMs', settings.smsTimeoutMs, 1, 30_000);
  requireWhole('refusalTakesMs', settings.refusalTakesMs, 0, 1000);
  requireLedgerWrites(settings);
  const environment: unknown = settings.environment;
  if (environment === 'production' || environment === 'sandbox') return;
  throw misconfigured('environment must be production or sandbox.');
}

function requireLedgerWrites({ ledgerWrites, ledger, digestKey }: Settings): void {
  if (ledgerWrites !== 'before-answer' && ledgerWrites !== 'behind-answer') {
    throw misconfigured('ledgerWrites must be before-answer or behind-answer.');
  }
  if (ledgerWrites === 'before-answer' && ledger === undefined) {
    throw misconfigured('ledgerWrites is before-answer, and there is no ledger. Set ledger, as by openFileLedger().');
  }
  if (digestKey !== undefined && !isSecret(digestKey)) {
    throw misconfigured(`digestKey must hold at least ${SHORTEST_SECRET_BYTES} random bytes (Buffer or Uint8Array).`);
  }
}

/** All that is given is checked before any of it is in force. */
export function resolveReloadable(given: Reloadable, rules: CommonRules): InForce;
export function resolveReloadable(given: Partial<Reloadable>, rules: CommonRules): Partial<InForce>;
export function resolveReloadable(given: Partial<Reloadable>, rules: CommonRules): Partial<InForce> {
  return {
    ...('accounts' in given && { accounts: resolveAccounts(given.accounts, rules) }),
    ...('signingKeys' in given && { signingKeys: loadSigningKeys(given.signingKeys) }),
    ...('peppers' in given && { peppers: loadPeppers(given.peppers) }),
  };
}

function requireFunctions(settings: Settings): void {
  const { store, sendSms, clock, onFault, onEvent, onRequest, onMeasured, replayStore, ledger } = settings;
  requireFunction(
    'sendSms',
    sendSms,
    'a function that hands over one SMS: async ({ to, text }, { signal }) => ({ outcome: "accepted" })',
  );
  const hooks = { clock, onFault, onEvent, onRequest, onMeasured };
  for (const [name, value] of Object.entries(hooks)) {
    if (value !== undefined) requireFunction(name, value, 'a function, or leave it out');
  }
  for (const verb of STORE_VERBS) {
    requireFunction(`store.${verb}`, store[verb], 'a function. Use memoryOtpStore() or redisOtpStore(connection)');
  }
  requireReplayStore(replayStore);
  requireMethod('ledger', ledger, 'append', 'a function. Use openFileLedger()');
}

function requireReplayStore(replayStore: ReplayStore | undefined): void {
  requireMethod('replayStore', replayStore, 'consume', 'a function');
  if (replayStore?.consumption === 'within-transaction') {
    throw misconfigured(
      'replayStore only looks whether an id is free: the issuer has no transaction to consume it in. ' +
        "Give a store with consumption 'before-handler'; it may share the tables of the guards' store.",
    );
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
