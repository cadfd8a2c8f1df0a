import { lineageScripts, type RedisConnection, sendInTime } from '@verified-mobile/redis';
import type { DayUsage, OtpStore } from '../../domain/otp-store.ts';
import { misconfigured } from '../../lib/errors.ts';
import { refuseUnknownNames } from '../../lib/settings.ts';
import { attemptVerbs } from './attempt-verbs.ts';
import { keysBelow } from './keys.ts';
import { otpScript } from './otp-script.ts';
import { unavailable } from './replies.ts';
import { sendVerbs } from './send-verbs.ts';

/**
 * KEYS one that is of no use: a server that is full, or a replica, can be read and not written. Returns the eviction policy,
 * an empty text if the server does not say.
 */
const READY = otpScript(`
redis.call('SET', KEYS[1], '1', 'PX', 1000)
return string.match(redis.call('INFO', 'memory'), 'maxmemory_policy:([%w-]+)') or ''`);

export interface RedisOtpStoreOptions {
  /**
   * What every key begins with. Default `{otp}`. Keep a part in braces on Redis Cluster: a send touches several keys in one
   * step, and they must be on one shard. Keep it short: with more than five characters each mobile takes 48 bytes more.
   */
  readonly keyPrefix?: string;
  /** How long one command may take; then the request is answered with 500. Milliseconds, 1 to 60,000. Default 1,000. */
  readonly timeoutMs?: number;
}

/**
 * Challenges, limits and failures in Redis or Valkey, shared by every node. Each verb is one script. A Redis that starts
 * anew, is restored, flushed or replaced by a replica may have forgotten that a code was used: the codes under way are
 * refused, as `forgotten`. Limits and failure counts go on from what it still has.
 *
 * @param connection the connected client in its wrapper: `nodeRedis(client)`, `ioredis(client)`, or that of a cluster
 * @throws {IssuerError} `invalid_configuration`
 */
export function redisOtpStore(connection: RedisConnection, options: RedisOtpStoreOptions = {}): OtpStore {
  refuseUnknownNames('redisOtpStore', options, ['keyPrefix', 'timeoutMs']);
  const { keyPrefix = '{otp}', timeoutMs = 1_000 } = options;
  requireConnection(connection);
  requireKeyPrefix(keyPrefix, connection.topology);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 60_000) {
    throw misconfigured('timeoutMs must be a whole number from 1 to 60000. Leave it out for 1000.');
  }
  const send = sendInTime(connection, timeoutMs);
  const keyOf = keysBelow(keyPrefix);
  const run = lineageScripts(send, keyOf.lineage);
  return {
    ...sendVerbs(run, keyOf),
    ...attemptVerbs(run, keyOf),
    async usage(account, days) {
      if (days.length === 0) return [];
      const key = keyOf.usage(account);
      const fields = days.flatMap((day) => [`${day}s`, `${day}v`]);
      return dayUsage((await send(key, ['HMGET', key, ...fields])) as unknown[]);
    },
    async ready() {
      const policy = String(await run(READY, [keyOf.usage('')], []));
      if (policy === '' || policy === 'noeviction') return;
      throw unavailable(
        `drops keys when it is full (maxmemory-policy ${policy}): set noeviction, or limits are forgotten`,
      );
    },
  };
}

function requireConnection(connection: RedisConnection): void {
  const { send, topology } = (connection ?? {}) as Partial<RedisConnection>;
  if (typeof send === 'function' && (topology === 'single' || topology === 'cluster')) return;
  throw misconfigured(
    'redisOtpStore() takes a connected client in its wrapper: redisOtpStore(nodeRedis(client)) for redis, ' +
      'redisOtpStore(ioredis(client)) for ioredis, or nodeRedisCluster() and ioredisCluster().',
  );
}

function requireKeyPrefix(keyPrefix: unknown, topology: RedisConnection['topology']): void {
  if (typeof keyPrefix !== 'string') throw misconfigured('keyPrefix must be a string.');
  if (topology === 'single' || /^[^{]*\{[^}]+\}/.test(keyPrefix)) return;
  throw misconfigured(
    'keyPrefix must have a part in braces on a cluster, like {otp}: a send touches several keys at once.',
  );
}

function dayUsage(counts: readonly unknown[]): DayUsage[] {
  return Array.from({ length: counts.length / 2 }, (_, index) => ({
    sent: Number(counts[index * 2] ?? 0),
    verified: Number(counts[index * 2 + 1] ?? 0),
  }));
}
