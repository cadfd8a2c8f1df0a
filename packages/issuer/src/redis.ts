/**
 * Challenges, limits and failures in Redis or Valkey, shared by every node.
 *
 * @example
 * ```ts
 * const client = await createClient({ url, disableOfflineQueue: true }).connect(); // of the package redis
 * const issuer = createIssuer({ ...options, store: redisOtpStore(nodeRedis(client)) });
 * await issuer.ready(); // refuses a Redis that drops keys when it is full
 * ```
 */
export { ioredis, ioredisCluster, nodeRedis, nodeRedisCluster, type RedisConnection } from '@verified-mobile/redis';
export { redisOtpStore, type RedisOtpStoreOptions } from './store/redis/redis-otp-store.ts';
