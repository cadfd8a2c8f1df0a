import { isIP } from 'node:net';
import { misconfigured } from '../lib/errors.ts';
import { type ConfiguredOptions, OPTION_SETTINGS, readOptions } from './issuer-settings.ts';
import { readSetting, type Variables } from '../lib/read-setting.ts';
import { asWholeNumber, required } from './setting-values.ts';
import { readRouteSettings, type RouteSettings } from './sms-routes.ts';

/** What the environment says, checked as far as `createIssuer` and the parts do not. */
export interface Settings {
  readonly options: ConfiguredOptions;
  readonly port: number;
  readonly hostname: string | undefined;
  readonly redis: { readonly url: string; readonly keyPrefix?: string; readonly timeoutMs?: number } | undefined;
  /** Of the memory store. */
  readonly maxMobiles: number | undefined;
  readonly ledger: LedgerSettings | undefined;
  readonly node: string;
  readonly drainSeconds: number;
  /** Where Prometheus is answered; `undefined` if nowhere. */
  readonly metrics: { readonly port: number; readonly hostname: string } | undefined;
  readonly logLevel: string;
  /** In order of preference. */
  readonly smsRoutes: readonly RouteSettings[];
  readonly replayStore: string | undefined;
  readonly replayPostgresUrl: string | undefined;
}

export type LedgerSettings =
  | { readonly kind: 'files'; readonly folder: string; readonly maxFileBytes?: number }
  | { readonly kind: 'postgres'; readonly url: string; readonly table?: string };

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const SETTINGS = [
  ...OPTION_SETTINGS,
  'ISSUER_PORT',
  'ISSUER_HOST',
  'ISSUER_REDIS_URL',
  'ISSUER_REDIS_KEY_PREFIX',
  'ISSUER_REDIS_TIMEOUT_MS',
  'ISSUER_MAX_MOBILES',
  'ISSUER_LEDGER_FOLDER',
  'ISSUER_LEDGER_MAX_FILE_BYTES',
  'ISSUER_LEDGER_POSTGRES_URL',
  'ISSUER_LEDGER_TABLE',
  'ISSUER_NODE',
  'ISSUER_DRAIN_SECONDS',
  'ISSUER_METRICS_PORT',
  'ISSUER_METRICS_HOST',
  'ISSUER_LOG_LEVEL',
  'ISSUER_SMS_ROUTES',
  'ISSUER_SMS_MODULE',
  'ISSUER_REPLAY_STORE',
  'ISSUER_REPLAY_POSTGRES_URL',
];

export function readSettings(variables: Variables, hostName: string): Settings {
  refuseUnknown(variables);
  const get = (name: string): string | undefined => readSetting(variables, name);
  const number = (name: string): number | undefined => {
    const text = get(name);
    return text === undefined ? undefined : asWholeNumber(text, name);
  };
  const logLevel = get('ISSUER_LOG_LEVEL') ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) throw misconfigured(`ISSUER_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`);
  const options = readOptions(variables);
  const settings: Settings = {
    options,
    port: number('ISSUER_PORT') ?? 4000,
    hostname: get('ISSUER_HOST'),
    redis: redisSettings(get, number),
    maxMobiles: number('ISSUER_MAX_MOBILES'),
    ledger: ledgerSettings(get, number),
    node: get('ISSUER_NODE') ?? hostName,
    drainSeconds: number('ISSUER_DRAIN_SECONDS') ?? 5,
    metrics: metricsPlace(get('ISSUER_METRICS_HOST'), number('ISSUER_METRICS_PORT')),
    logLevel,
    smsRoutes: readRouteSettings(get, options.environment),
    replayStore: get('ISSUER_REPLAY_STORE'),
    replayPostgresUrl: get('ISSUER_REPLAY_POSTGRES_URL'),
  };
  requireReplayServer(settings);
  return settings;
}

type Get = (name: string) => string | undefined;
type GetNumber = (name: string) => number | undefined;

/** A setting that is misspelt would be left out without a word, and its default be in force. */
function refuseUnknown(variables: Variables): void {
  const known = new Set(SETTINGS.flatMap((name) => [name, `${name}_FILE`]));
  const unknown = Object.keys(variables).filter((name) => name.startsWith('ISSUER_') && !known.has(name));
  if (unknown.length === 0) return;
  const names = SETTINGS.map((name) => name.slice('ISSUER_'.length)).join(', ');
  throw misconfigured(`${unknown.join(', ')}: no such setting. There are ISSUER_… ${names}.`);
}

function redisSettings(get: Get, number: GetNumber): Settings['redis'] {
  const [url, keyPrefix, timeoutMs] = [
    get('ISSUER_REDIS_URL'),
    get('ISSUER_REDIS_KEY_PREFIX'),
    number('ISSUER_REDIS_TIMEOUT_MS'),
  ];
  if (url !== undefined) {
    return { url, ...(keyPrefix !== undefined && { keyPrefix }), ...(timeoutMs !== undefined && { timeoutMs }) };
  }
  if (keyPrefix === undefined && timeoutMs === undefined) return undefined;
  throw misconfigured('ISSUER_REDIS_KEY_PREFIX or ISSUER_REDIS_TIMEOUT_MS is set, and ISSUER_REDIS_URL is missing.');
}

function ledgerSettings(get: Get, number: GetNumber): Settings['ledger'] {
  const [folder, url] = [get('ISSUER_LEDGER_FOLDER'), get('ISSUER_LEDGER_POSTGRES_URL')];
  const [maxFileBytes, table] = [number('ISSUER_LEDGER_MAX_FILE_BYTES'), get('ISSUER_LEDGER_TABLE')];
  if (folder !== undefined && url !== undefined) {
    throw misconfigured('Set ISSUER_LEDGER_FOLDER or ISSUER_LEDGER_POSTGRES_URL, not both.');
  }
  if (maxFileBytes !== undefined && folder === undefined) {
    throw misconfigured('ISSUER_LEDGER_MAX_FILE_BYTES is set, and ISSUER_LEDGER_FOLDER is missing.');
  }
  if (table !== undefined && url === undefined) {
    throw misconfigured('ISSUER_LEDGER_TABLE is set, and ISSUER_LEDGER_POSTGRES_URL is missing.');
  }
  if (folder !== undefined) return { kind: 'files', folder, ...(maxFileBytes !== undefined && { maxFileBytes }) };
  return url === undefined ? undefined : { kind: 'postgres', url, ...(table !== undefined && { table }) };
}

/** On this machine alone, unless an address says otherwise: counts by account are not for the public. */
function metricsPlace(host: string | undefined, port: number | undefined): Settings['metrics'] {
  if (port === undefined && host === undefined) return undefined;
  if (port === undefined) {
    throw misconfigured('ISSUER_METRICS_HOST is set, and ISSUER_METRICS_PORT is missing. Set both.');
  }
  if (host !== undefined && isIP(host) === 0) {
    throw misconfigured(
      'ISSUER_METRICS_HOST must be an address of this machine, such as 127.0.0.1, or :: for every one.',
    );
  }
  return { port, hostname: host ?? '127.0.0.1' };
}

function requireReplayServer({ replayStore, redis, replayPostgresUrl }: Settings): void {
  if (replayStore === 'memory' && redis !== undefined) {
    throw misconfigured(
      'ISSUER_REPLAY_STORE=memory beside ISSUER_REDIS_URL would let each node consume a token once. ' +
        'Set ISSUER_REPLAY_STORE to redis.',
    );
  }
  if (replayStore === 'redis') required(redis?.url, 'ISSUER_REDIS_URL', 'the Redis for ISSUER_REPLAY_STORE=redis');
  if (replayStore === 'postgres') {
    required(replayPostgresUrl, 'ISSUER_REPLAY_POSTGRES_URL', 'the database for ISSUER_REPLAY_STORE=postgres');
  }
}
