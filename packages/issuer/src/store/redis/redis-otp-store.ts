import type { DayUsage, OtpStore } from '../../domain/otp-store.ts';
import { misconfigured } from '../../lib/errors.ts';
import { refuseUnknownNames } from '../../lib/settings.ts';
import { attemptVerbs } from './attempt-verbs.ts';
import { commandSender, type RedisClient, unavailable } from './client.ts';
import { keysBelow } from './keys.ts';
import { sendVerbs } from './send-verbs.ts';

export interface RedisOtpStoreOptions {
  /**
   * What every key begins with. Default `{otp}`. Keep a part in braces on Redis Cluster: a send touches four keys in one
   * step, and they must be on one shard. Keep it short: with more than five characters each mobile takes 48 bytes more.
   */
  readonly keyPrefix?: string;
  /** How long one command may take; then the request is answered with 500. Milliseconds, 1 to 60,000. Default 1,000. */
  readonly timeoutMs?: number;
}

/**
 * Challenges, limits and failures in Redis or Valkey, shared by every node. Each verb is one script. A flushed or lost
 * Redis makes the codes under way fail and starts all limits and failure counts again.
 *
 * @param client connected; node-redis with `disableOfflineQueue: true`, ioredis with `enableOfflineQueue: false` and
 *   `maxRetriesPerRequest: 0`, so that an outage is answered at once and nothing is sent twice
 * @throws {IssuerError} `invalid_configuration`
 */
export function redisOtpStore(client: RedisClient, options: RedisOtpStoreOptions = {}): OtpStore {
  refuseUnknownNames('redisOtpStore', options, ['keyPrefix', 'timeoutMs']);
  const { keyPrefix = '{otp}', timeoutMs = 1_000 } = options;
  if (typeof keyPrefix !== 'string') throw misconfigured('keyPrefix must be a string.');
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 60_000) {
    throw misconfigured('timeoutMs must be a whole number from 1 to 60000. Leave it out for 1000.');
  }
  const send = commandSender(client, timeoutMs);
  const keyOf = keysBelow(keyPrefix);
  return {
    ...sendVerbs(send, keyOf),
    ...attemptVerbs(send, keyOf),
    async usage(account, days) {
      if (days.length === 0) return [];
      const fields = days.flatMap((day) => [`${day}s`, `${day}v`]);
      return dayUsage((await send('HMGET', keyOf.usage(account), ...fields)) as unknown[]);
    },
    async ready() {
      const info = String(await send('INFO', 'memory'));
      const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
      if (policy === undefined || policy === 'noeviction') return;
      throw unavailable(
        `drops keys when it is full (maxmemory-policy ${policy}): set noeviction, or limits are forgotten`,
      );
    },
  };
}

function dayUsage(counts: readonly unknown[]): DayUsage[] {
  return Array.from({ length: counts.length / 2 }, (_, index) => ({
    sent: Number(counts[index * 2] ?? 0),
    verified: Number(counts[index * 2 + 1] ?? 0),
  }));
}
