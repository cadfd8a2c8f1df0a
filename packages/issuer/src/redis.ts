/**
 * Challenges, limits, failures and the SMS under way in Redis or Valkey, shared by every node.
 *
 * @example
 * ```ts
 * const client = await createClient({ url, disableOfflineQueue: true }).connect(); // of the package redis
 * const redis = nodeRedis(client);
 * const issuer = createIssuer({ ...options, store: redisOtpStore(redis), outbox: redisOutbox(redis) });
 * await issuer.ready(); // refuses a Redis that drops keys when it is full
 * ```
 */
export { ioredis, ioredisCluster, nodeRedis, nodeRedisCluster, type RedisConnection } from '@verified-mobile/redis';
export { redisOutbox, type RedisOutboxOptions } from './store/redis/redis-outbox.ts';
export { redisOtpStore, type RedisOtpStoreOptions } from './store/redis/redis-otp-store.ts';
