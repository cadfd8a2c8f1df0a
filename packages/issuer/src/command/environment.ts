import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { misconfigured } from '../lib/errors.ts';
import type { Environment, IssuerAccount, Reloadable } from '../setup/options.ts';
import { readKeys } from './key-file.ts';
import { readPeppers } from './pepper-file.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** What the environment says, checked as far as `createIssuer` does not. */
export interface Settings {
  readonly url: string;
  readonly port: number;
  readonly hostname: string | undefined;
  readonly environment: Environment;
  readonly basePath: string | undefined;
  readonly trustedProxies: number;
  readonly redisUrl: string | undefined;
  readonly ledgerFolder: string | undefined;
  readonly ledgerPostgresUrl: string | undefined;
  readonly node: string;
  readonly drainSeconds: number;
  /** Where Prometheus is answered; `undefined` if nowhere. */
  readonly metrics: { readonly port: number; readonly hostname: string } | undefined;
  readonly logLevel: string;
  readonly smsModule: string;
  readonly replayStore: string | undefined;
  readonly replayPostgresUrl: string | undefined;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

export function readSettings(variables: Variables, hostName: string): Settings {
  const get = (name: string): string | undefined => readSetting(variables, name);
  const logLevel = get('ISSUER_LOG_LEVEL') ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) throw misconfigured(`ISSUER_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`);
  const settings = {
    url: required(get('ISSUER_URL'), 'ISSUER_URL', 'the URL of this service, such as https://otp.example.in'),
    port: wholeNumber('ISSUER_PORT', get('ISSUER_PORT') ?? '4000'),
    hostname: get('ISSUER_HOST'),
    environment: (get('ISSUER_ENVIRONMENT') ?? 'production') as Environment,
    basePath: get('ISSUER_BASE_PATH'),
    trustedProxies: wholeNumber('ISSUER_TRUSTED_PROXIES', get('ISSUER_TRUSTED_PROXIES') ?? '0'),
    redisUrl: get('ISSUER_REDIS_URL'),
    ledgerFolder: get('ISSUER_LEDGER_FOLDER'),
    ledgerPostgresUrl: get('ISSUER_LEDGER_POSTGRES_URL'),
    node: get('ISSUER_NODE') ?? hostName,
    drainSeconds: wholeNumber('ISSUER_DRAIN_SECONDS', get('ISSUER_DRAIN_SECONDS') ?? '5'),
    metrics: metricsPlace(get('ISSUER_METRICS_PORT'), get('ISSUER_METRICS_HOST')),
    logLevel,
    smsModule: required(get('ISSUER_SMS_MODULE'), 'ISSUER_SMS_MODULE', 'a module that exports the SMS transport'),
    replayStore: get('ISSUER_REPLAY_STORE'),
    replayPostgresUrl: get('ISSUER_REPLAY_POSTGRES_URL'),
  };
  if (settings.ledgerFolder !== undefined && settings.ledgerPostgresUrl !== undefined) {
    throw misconfigured('Set ISSUER_LEDGER_FOLDER or ISSUER_LEDGER_POSTGRES_URL, not both.');
  }
  requireReplayServer(settings);
  return settings;
}

/** On this machine alone, unless an address says otherwise: counts by account are not for the public. */
function metricsPlace(port: string | undefined, host: string | undefined): Settings['metrics'] {
  if (port === undefined && host === undefined) return undefined;
  if (port === undefined) {
    throw misconfigured('ISSUER_METRICS_HOST is set, and ISSUER_METRICS_PORT is missing. Set both.');
  }
  if (host !== undefined && isIP(host) === 0) {
    throw misconfigured(
      'ISSUER_METRICS_HOST must be an address of this machine, such as 127.0.0.1, or :: for every one.',
    );
  }
  return { port: wholeNumber('ISSUER_METRICS_PORT', port), hostname: host ?? '127.0.0.1' };
}

function requireReplayServer({ replayStore, redisUrl, replayPostgresUrl }: Settings): void {
  if (replayStore === 'memory' && redisUrl !== undefined) {
    throw misconfigured(
      'ISSUER_REPLAY_STORE=memory beside ISSUER_REDIS_URL would let each node consume a token once. ' +
        'Set ISSUER_REPLAY_STORE to redis.',
    );
  }
  if (replayStore === 'redis') required(redisUrl, 'ISSUER_REDIS_URL', 'the Redis for ISSUER_REPLAY_STORE=redis');
  if (replayStore === 'postgres') {
    required(replayPostgresUrl, 'ISSUER_REPLAY_POSTGRES_URL', 'the database for ISSUER_REPLAY_STORE=postgres');
  }
}

/** Accounts, keys and peppers: what SIGHUP reads again. */
export function readReloadable(variables: Variables): Reloadable {
  const keys = required(readSetting(variables, 'ISSUER_KEYS'), 'ISSUER_KEYS_FILE', 'a file of "keys rotate"');
  const peppers = required(
    readSetting(variables, 'ISSUER_PEPPERS'),
    'ISSUER_PEPPERS_FILE',
    'a file of "peppers rotate"',
  );
  return {
    accounts: readAccounts(required(readSetting(variables, 'ISSUER_ACCOUNTS'), 'ISSUER_ACCOUNTS', 'a JSON list')),
    signingKeys: readKeys(keys, 'ISSUER_KEYS'),
    peppers: readPeppers(peppers, 'ISSUER_PEPPERS'),
  };
}

function readAccounts(text: string): IssuerAccount[] {
  try {
    return JSON.parse(text) as IssuerAccount[];
  } catch {
    // Without the parser's own message: it quotes what it could not read, and access keys are in it.
    throw misconfigured('ISSUER_ACCOUNTS is not JSON. It must be a list of accounts.');
  }
}

/** `NAME`, or what is in the file `NAME_FILE`; an empty one is none. */
export function readSetting(variables: Variables, name: string): string | undefined {
  const [value, path] = [variables[name]?.trim(), variables[`${name}_FILE`]?.trim()];
  if (!path) return value || undefined;
  if (value) throw misconfigured(`Set ${name} or ${name}_FILE, not both.`);
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (cause) {
    throw misconfigured(`${name}_FILE names a file that cannot be read.`, { cause });
  }
}

function required(value: string | undefined, name: string, remedy: string): string {
  if (value === undefined) throw misconfigured(`${name} is missing. Set it to ${remedy}.`);
  return value;
}

function wholeNumber(name: string, text: string): number {
  if (!/^[0-9]{1,5}$/.test(text)) throw misconfigured(`${name} must be a whole number.`);
  return Number(text);
}
