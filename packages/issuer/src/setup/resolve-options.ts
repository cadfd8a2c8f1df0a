import {
  type ConversionGuard,
  DEFAULT_ACCOUNT_CONVERSION_GUARD,
  DEFAULT_CONVERSION_GUARD,
  DEFAULT_LIMITS,
} from '../domain/limits.ts';
import { misconfigured } from '../lib/errors.ts';
import type { DltRegistry } from '../dlt/registry.ts';
import { definedOf, refuseUnknownNames } from '../lib/settings.ts';
import type { SmsRoute } from '../domain/sms-route.ts';
import { memoryOtpStore } from '../store/memory/memory-otp-store.ts';
import { memoryOutbox } from '../store/memory/memory-outbox.ts';
import { type LoadedSigningKey, loadSigningKeys } from '../tokens/signing-keys.ts';
import { checkOptions, OPTION_NAMES } from './check-options.ts';
import { DEFAULTS, type Settings } from './defaults.ts';
import type { IssuerOptions, Reloadable } from './options.ts';
import { type LoadedPepper, loadPeppers } from './peppers.ts';
import { type Account, type CommonRules, resolveAccounts } from './resolve-accounts.ts';
import { mergedLimits, resolveConversionGuard } from './resolve-limits.ts';
import { checkQuotas } from './resolve-quotas.ts';
import { resolveRoutes } from './resolve-routes.ts';
import { checkRegistry, resolveTexts, type Texts } from './resolve-texts.ts';

/** What may change while the issuer runs. */
export interface InForce {
  /** By developer key. */
  readonly accounts: ReadonlyMap<string, Account>;
  readonly signingKeys: readonly LoadedSigningKey[];
  readonly peppers: readonly LoadedPepper[];
  readonly dltRegistry: DltRegistry | undefined;
  /** What each account sends, of all these together. */
  readonly texts: Texts;
}

const FAILURES_TO_OPEN = 5;

type Plain =
  | 'issuer'
  | 'store'
  | 'outbox'
  | 'ledgerWrites'
  | 'basePath'
  | 'environment'
  | 'trustedProxies'
  | 'clock'
  | 'onFault';
type Optional =
  | 'replayStore'
  | 'ledger'
  | 'digestKey'
  | 'onEvent'
  | 'onRequest'
  | 'onMeasured'
  | 'onDelivery'
  | 'onCheckpoint';

/** The options after every check and default. */
export interface ResolvedOptions extends Required<Pick<IssuerOptions, Plain>>, Pick<IssuerOptions, Optional> {
  readonly timestampWindowSeconds: number;
  readonly routes: readonly SmsRoute[];
  readonly smsTimeoutMs: number;
  /** How many failures of a route in a row spare it: not an option; the sandbox has routes that fail on purpose. */
  readonly failuresToOpen: number;
  readonly rules: CommonRules;
  readonly sendsPerMobileAndDay: number;
  readonly refusalTakesMs: number;
  readonly conversionGuard: ConversionGuard;
  readonly accountConversionGuard: ConversionGuard;
  readonly inForce: InForce;
  /** By which callers date their requests: `clock`, but in the sandbox, whose clock goes ahead of theirs. */
  readonly callersClock: () => number;
}

export function resolveOptions(options: IssuerOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw misconfigured('createIssuer takes an object of options.');
  }
  refuseUnknownNames('createIssuer', options, OPTION_NAMES);
  const given = definedOf(options) as IssuerOptions;
  const { store = memoryOtpStore(), outbox = memoryOutbox() } = given;
  const settings: Settings = { ...DEFAULTS, ...given, store, outbox };
  checkOptions(settings);
  const rules: CommonRules = {
    limits: mergedLimits('limits', settings.limits, DEFAULT_LIMITS),
    quotas: checkQuotas('quotas', settings.quotas),
    replayStore: settings.replayStore,
    timestampWindowSeconds: settings.timestampWindowSeconds,
    environment: settings.environment,
  };
  const { accounts, signingKeys, peppers, dltRegistry } = settings;
  return {
    ...settings,
    routes: resolveRoutes(settings),
    failuresToOpen: FAILURES_TO_OPEN,
    callersClock: settings.clock,
    rules,
    ...conversionGuardsOf(settings),
    inForce: resolveReloadable({ accounts, signingKeys, peppers, ...(dltRegistry && { dltRegistry }) }, rules),
  };
}

type ConversionGuards = Pick<ResolvedOptions, 'conversionGuard' | 'accountConversionGuard'>;

function conversionGuardsOf({ conversionGuard: prefix, accountConversionGuard: account }: Settings): ConversionGuards {
  return {
    conversionGuard: resolveConversionGuard('conversionGuard', prefix, DEFAULT_CONVERSION_GUARD),
    accountConversionGuard: resolveConversionGuard('accountConversionGuard', account, DEFAULT_ACCOUNT_CONVERSION_GUARD),
  };
}

/** All that is given is checked, together with what stays as it was, before any of it is in force. */
export function resolveReloadable(given: Reloadable, rules: CommonRules): InForce;
export function resolveReloadable(given: Partial<Reloadable>, rules: CommonRules, before: InForce): InForce;
export function resolveReloadable(
  given: Partial<Reloadable>,
  rules: CommonRules,
  before: Partial<InForce> = {},
): InForce {
  const parts = {
    ...before,
    ...('accounts' in given && { accounts: resolveAccounts(given.accounts, rules) }),
    ...('signingKeys' in given && { signingKeys: loadSigningKeys(given.signingKeys) }),
    ...('peppers' in given && { peppers: loadPeppers(given.peppers) }),
    ...('dltRegistry' in given && { dltRegistry: checkRegistry(given.dltRegistry) }),
  } as Omit<InForce, 'texts'>;
  return { ...parts, texts: resolveTexts(parts.accounts, parts.dltRegistry, rules) };
}
