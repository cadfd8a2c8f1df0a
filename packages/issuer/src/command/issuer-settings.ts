import { readDltRegistry } from '../dlt.ts';
import { IssuerError, misconfigured } from '../lib/errors.ts';
import type { IssuerOptions, Reloadable } from '../setup/options.ts';
import { readKeys } from './key-file.ts';
import { readPeppers } from './pepper-file.ts';
import { readSetting, readWholeSetting, type Variables } from '../lib/read-setting.ts';
import { asBase64, asJson, asText, asWholeNumber, type ReadValue, required } from './setting-values.ts';

/** Parts with a setting of their own kind, and what only code can give. */
type NotHere =
  | keyof Reloadable
  | 'issuer'
  | 'sendSms'
  | 'routes'
  | 'outbox'
  | 'store'
  | 'replayStore'
  | 'ledger'
  | 'clock'
  | `on${string}`;
type OptionName = Exclude<keyof IssuerOptions, NotHere>;

/** The setting of each option, and how its text is read. `createIssuer` checks the value. */
const OPTIONS: Readonly<Record<OptionName, readonly [name: string, read: ReadValue]>> = {
  environment: ['ISSUER_ENVIRONMENT', asText],
  basePath: ['ISSUER_BASE_PATH', asText],
  trustedProxies: ['ISSUER_TRUSTED_PROXIES', asWholeNumber],
  timestampWindowSeconds: ['ISSUER_TIMESTAMP_WINDOW_SECONDS', asWholeNumber],
  smsTimeoutMs: ['ISSUER_SMS_TIMEOUT_MS', asWholeNumber],
  refusalTakesMs: ['ISSUER_REFUSAL_TAKES_MS', asWholeNumber],
  limits: ['ISSUER_LIMITS', asJson],
  quotas: ['ISSUER_QUOTAS', asJson],
  sendsPerMobileAndDay: ['ISSUER_SENDS_PER_MOBILE_AND_DAY', asWholeNumber],
  conversionGuard: ['ISSUER_CONVERSION_GUARD', asJson],
  accountConversionGuard: ['ISSUER_ACCOUNT_CONVERSION_GUARD', asJson],
  ledgerWrites: ['ISSUER_LEDGER_WRITES', asText],
  digestKey: ['ISSUER_DIGEST_KEY', asBase64],
};
const OTHERS = {
  issuer: 'ISSUER_URL',
  accounts: 'ISSUER_ACCOUNTS',
  signingKeys: 'ISSUER_KEYS',
  peppers: 'ISSUER_PEPPERS',
  dltRegistry: 'ISSUER_DLT_REGISTRY',
};
/** Options of the parts. */
const OF_PARTS = {
  keyPrefix: 'ISSUER_REDIS_KEY_PREFIX',
  timeoutMs: 'ISSUER_REDIS_TIMEOUT_MS',
  maxMobiles: 'ISSUER_MAX_MOBILES',
  maxFileBytes: 'ISSUER_LEDGER_MAX_FILE_BYTES',
  table: 'ISSUER_LEDGER_TABLE',
  node: 'ISSUER_NODE',
};

export const OPTION_SETTINGS: readonly string[] = [
  ...Object.values(OPTIONS).map(([name]) => name),
  ...Object.values(OTHERS),
];

export type ConfiguredOptions = Pick<IssuerOptions, OptionName | 'issuer'>;

export function readOptions(variables: Variables): ConfiguredOptions {
  const url = required(
    readSetting(variables, 'ISSUER_URL'),
    'ISSUER_URL',
    'the URL of this service, such as https://otp.example.in',
  );
  const options: Record<string, unknown> = { issuer: url };
  for (const [option, [name, read]] of Object.entries(OPTIONS)) {
    const text = readSetting(variables, name);
    if (text !== undefined) options[option] = read(text, name);
  }
  return options as unknown as ConfiguredOptions;
}

/** Accounts, keys, peppers and DLT registry: what SIGHUP reads again. */
export function readReloadable(variables: Variables): Reloadable {
  const get = (name: string): string | undefined => readSetting(variables, name);
  const accounts = required(get('ISSUER_ACCOUNTS'), 'ISSUER_ACCOUNTS', 'a JSON list of accounts');
  const keys = required(get('ISSUER_KEYS'), 'ISSUER_KEYS_FILE', 'a file of "keys rotate"');
  const peppers = required(get('ISSUER_PEPPERS'), 'ISSUER_PEPPERS_FILE', 'a file of "peppers rotate"');
  return {
    accounts: asJson(accounts, 'ISSUER_ACCOUNTS') as Reloadable['accounts'],
    signingKeys: readKeys(keys, 'ISSUER_KEYS'),
    peppers: readPeppers(peppers, 'ISSUER_PEPPERS'),
    ...readRegistry(variables),
  };
}

function readRegistry(variables: Variables): Pick<Reloadable, 'dltRegistry'> {
  const text = readWholeSetting(variables, OTHERS.dltRegistry);
  try {
    return text === undefined ? {} : { dltRegistry: readDltRegistry(text) };
  } catch (error) {
    throw namingSetting(error);
  }
}

const SETTING_OF = new Map<string, string>([
  ...Object.entries(OPTIONS).map(([option, [name]]) => [option, name] as const),
  ...Object.entries(OTHERS),
  ...Object.entries(OF_PARTS),
]);

/** An error about an option as one about the setting that the operator wrote. */
export function namingSetting(error: unknown): unknown {
  if (!(error instanceof IssuerError) || error.code !== 'invalid_configuration') return error;
  const [, option = '', rest = ''] = /^(\w+)(.*)$/s.exec(error.message) ?? [];
  const setting = SETTING_OF.get(option);
  return setting === undefined ? error : misconfigured(`${setting}${rest}`);
}
