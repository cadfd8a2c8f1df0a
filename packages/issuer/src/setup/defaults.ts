import { DEFAULT_SENDS_PER_MOBILE_AND_DAY } from '../domain/limits.ts';
import { defaultFaultReporter } from './fault-reporter.ts';
import type { IssuerOptions } from './options.ts';

export const DEFAULT_BASE_PATH = '/ekoapi/v3';

type WithDefault =
  | 'ledgerWrites'
  | 'basePath'
  | 'timestampWindowSeconds'
  | 'environment'
  | 'trustedProxies'
  | 'sendsPerMobileAndDay'
  | 'smsTimeoutMs'
  | 'refusalTakesMs'
  | 'clock'
  | 'onFault';

/** The options with every default that needs no check. */
export type Settings = IssuerOptions & Required<Pick<IssuerOptions, WithDefault | 'store' | 'outbox'>>;

export const DEFAULTS: Required<Pick<IssuerOptions, WithDefault>> = {
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
};
