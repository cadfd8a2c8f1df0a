/**
 * Challenges, limits and failures in Redis or Valkey, shared by every node.
 *
 * @example
 * ```ts
 * const redis = await createClient({ url, disableOfflineQueue: true }).connect(); // of the package redis
 * const issuer = createIssuer({ ...options, store: redisOtpStore(redis) });
 * await issuer.ready(); // refuses a Redis that drops keys when it is full
 * ```
 */
export { redisOtpStore, type RedisOtpStoreOptions } from './store/redis/redis-otp-store.ts';
export type { IoRedisClient, NodeRedisClient, RedisClient } from './store/redis/client.ts';
