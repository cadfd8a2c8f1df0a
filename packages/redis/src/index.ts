/**
 * The replay store that all services share: a token used in one is used in every other. One round trip for each use.
 *
 * @example
 * ```ts
 * const client = createClient({ url, disableOfflineQueue: true }); // `redis`, npm
 * client.on('error', report);
 * await client.connect();
 * const replayStore = redisReplayStore(nodeRedis(client));
 * app.post('/payouts', requireVerifiedMobile({ replayStore }), payOut);
 * await replayStore.ready(); // refuses a server that evicts, and waits until it can vouch for new tokens
 * ```
 */
export type { RedisConnection } from './connection.ts';
export { type LineageScript, lineageScript, lineageScripts, type RunLineageScript } from './lineage-scripts.ts';
export { sendInTime } from './reconnection.ts';
export { type IoredisClient, type IoredisClusterClient, ioredis, ioredisCluster } from './ioredis.ts';
export { type NodeRedisClient, type NodeRedisClusterClient, nodeRedis, nodeRedisCluster } from './node-redis.ts';
export type { RedisReplayStoreOptions, ReplicaAcknowledgementOptions } from './options.ts';
export { type RedisReplayStore, redisReplayStore } from './redis-replay-store.ts';
