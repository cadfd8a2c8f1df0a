import { type LoadedSigningKey, loadSigningKeys } from '../tokens/signing-keys.ts';
import type { DltRegistry } from '../dlt.ts';
import { inUseAt } from '../lib/rotation.ts';
import type { Reloadable } from '../setup/options.ts';
import type { Settings } from './environment.ts';
import { describeRoutes } from './sms-routes.ts';

/** What is in force, for the first line of the log: no secret, and of a URL the place alone. */
export interface Summary {
  readonly issuer: string;
  readonly environment: string;
  readonly store: string;
  readonly replayStore: string;
  readonly ledger: string;
  /** The routes in order of preference. */
  readonly sms: string;
  readonly dltRegistry: string;
  readonly accounts: readonly string[];
  readonly keys: readonly string[];
  readonly signingKey: string | undefined;
  readonly pepperCount: number;
}

export function summaryOf(
  settings: Settings,
  { accounts, signingKeys, peppers, dltRegistry }: Reloadable,
  now: number,
): Summary {
  const { options, redis, ledger, smsRoutes, replayStore, replayPostgresUrl } = settings;
  const keys: readonly LoadedSigningKey[] = loadSigningKeys(signingKeys);
  return {
    issuer: options.issuer,
    environment: options.environment ?? 'production',
    store: redis === undefined ? 'memory' : placeOf(redis.url),
    replayStore: placeOfReplayStore(replayStore, redis?.url, replayPostgresUrl),
    ledger: ledger === undefined ? 'none' : ledger.kind === 'files' ? ledger.folder : placeOf(ledger.url),
    sms: describeRoutes(smsRoutes),
    dltRegistry: countsOf(dltRegistry),
    accounts: accounts.map(({ id }) => id),
    keys: keys.map(({ kid }) => kid),
    signingKey: inUseAt(keys, now)?.kid,
    pepperCount: peppers.length,
  };
}

function countsOf(registry: DltRegistry | undefined): string {
  if (registry === undefined) return 'none';
  const accounts = [...registry.accounts.values()];
  const count = (list: 'headers' | 'templates'): number => accounts.reduce((sum, one) => sum + one[list].length, 0);
  return `accounts ${accounts.length}, headers ${count('headers')}, templates ${count('templates')}`;
}

function placeOfReplayStore(kind = 'none', redisUrl: string | undefined, postgresUrl: string | undefined): string {
  if (kind === 'redis' && redisUrl !== undefined) return placeOf(redisUrl);
  return kind === 'postgres' && postgresUrl !== undefined ? placeOf(postgresUrl) : kind;
}

/** Scheme, host and path: users and passwords are before them, and what is behind may hold others. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'a server';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
