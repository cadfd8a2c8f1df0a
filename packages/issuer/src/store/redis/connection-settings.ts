import { lineageScript, type RedisConnection, type RunLineageScript } from '@verified-mobile/redis';
import { misconfigured } from '../../lib/errors.ts';
import { unavailable } from './replies.ts';

export const DEFAULT_KEY_PREFIX = '{otp}';
export const DEFAULT_TIMEOUT_MS = 1_000;

/** What the stores in Redis are given alike. */
export interface RedisSettings {
  readonly keyPrefix: string;
  readonly timeoutMs: number;
}

/** @param what such as `redisOtpStore` */
export function requireRedisSettings(
  what: string,
  connection: RedisConnection,
  { keyPrefix, timeoutMs }: RedisSettings,
): void {
  requireConnection(what, connection);
  requireKeyPrefix(keyPrefix, connection.topology);
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= 60_000) return;
  throw misconfigured('timeoutMs must be a whole number from 1 to 60000. Leave it out for 1000.');
}

function requireConnection(what: string, connection: RedisConnection): void {
  const { send, topology } = (connection ?? {}) as Partial<RedisConnection>;
  if (typeof send === 'function' && (topology === 'single' || topology === 'cluster')) return;
  throw misconfigured(
    `${what}() takes a connected client in its wrapper: ${what}(nodeRedis(client)) for redis, ` +
      `${what}(ioredis(client)) for ioredis, or nodeRedisCluster() and ioredisCluster().`,
  );
}

function requireKeyPrefix(keyPrefix: unknown, topology: RedisConnection['topology']): void {
  if (typeof keyPrefix !== 'string') throw misconfigured('keyPrefix must be a string.');
  if (topology === 'single' || /^[^{]*\{[^}]+\}/.test(keyPrefix)) return;
  throw misconfigured(
    'keyPrefix must have a part in braces on a cluster, like {otp}: a send touches several keys at once.',
  );
}

/**
 * KEYS one that is of no use: a server that is full, or a replica, can be read and not written. Returns the eviction policy,
 * an empty text if the server does not say.
 */
const READY = lineageScript(`
redis.call('SET', KEYS[1], '1', 'PX', 1000)
return string.match(redis.call('INFO', 'memory'), 'maxmemory_policy:([%w-]+)') or ''`);

/** @throws {IssuerError} `store_unavailable`: it cannot be written, or drops keys when it is full */
export async function requireReliable(run: RunLineageScript, key: string, lost: string): Promise<void> {
  const policy = String(await run(READY, [key], []));
  if (policy === '' || policy === 'noeviction') return;
  throw unavailable(
    `drops keys when it is full (maxmemory-policy ${policy}): set noeviction, or ${lost} are forgotten`,
  );
}
