import { lineageScripts, type RedisConnection, sendInTime } from '@verified-mobile/redis';
import type { DayUsage, OtpStore } from '../../domain/otp-store.ts';
import { refuseUnknownNames } from '../../lib/settings.ts';
import { attemptVerbs } from './attempt-verbs.ts';
import {
  DEFAULT_KEY_PREFIX,
  DEFAULT_TIMEOUT_MS,
  requireRedisSettings,
  requireReliable,
} from './connection-settings.ts';
import { keysBelow } from './keys.ts';
import { sendVerbs } from './send-verbs.ts';

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
  const { keyPrefix = DEFAULT_KEY_PREFIX, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  requireRedisSettings('redisOtpStore', connection, { keyPrefix, timeoutMs });
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
    ready: async () => requireReliable(run, keyOf.usage(''), 'limits'),
  };
}

function dayUsage(counts: readonly unknown[]): DayUsage[] {
  return Array.from({ length: counts.length / 2 }, (_, index) => ({
    sent: Number(counts[index * 2] ?? 0),
    verified: Number(counts[index * 2 + 1] ?? 0),
  }));
}
