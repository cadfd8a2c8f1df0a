import { memoryReplayStore, type ReplayStore } from '@verified-mobile/core';
import { redisReplayStore } from '@verified-mobile/redis';
import { misconfigured } from '../lib/errors.ts';
import { untilThere } from './away.ts';
import type { Settings } from './environment.ts';
import { importDefault } from './import-default.ts';
import type { Watch } from './open-dependencies.ts';
import { openPostgres } from './open-postgres.ts';
import { openRedis } from './open-redis.ts';
import { type Part, withoutClose } from './part.ts';

/** `memory` for one node; `redis`, `postgres` or a module of the operator's for several. */
export async function openReplayStore(
  settings: Settings,
  { onAway, onFault }: Watch,
): Promise<Part<ReplayStore> | undefined> {
  const { replayStore, redis, replayPostgresUrl } = settings;
  const onError = (error: unknown): void => onFault({ during: 'request', error });
  const watch = { onAway, onError };
  if (replayStore === undefined) return undefined;
  if (replayStore === 'memory') return withoutClose(memoryReplayStore({ issuerClockToleranceSeconds: 0 }));
  if (replayStore === 'redis' && redis !== undefined) return onRedis(redis.url, watch);
  if (replayStore === 'postgres' && replayPostgresUrl !== undefined) return onPostgres(replayPostgresUrl, watch);
  return fromModule(replayStore);
}

type Watching = Parameters<typeof openRedis>[1];

async function onRedis(url: string, watch: Watching): Promise<Part<ReplayStore>> {
  // A connection of its own: the store closes it.
  const { connection } = await openRedis(url, watch);
  const value = redisReplayStore(connection);
  return { value, close: async () => value.close() };
}

async function onPostgres(url: string, { onAway, onError }: Watching): Promise<Part<ReplayStore>> {
  // Loaded when it is needed, as pg is.
  const { migrate, postgresReplayStore } = await import('@verified-mobile/postgres');
  const pool = await openPostgres(url, 'ISSUER_REPLAY_POSTGRES_URL', onError);
  await untilThere(async () => migrate(pool), 'PostgreSQL (ISSUER_REPLAY_POSTGRES_URL)', onAway);
  const value = postgresReplayStore(pool);
  return {
    value,
    close: async () => {
      await value.close();
      await pool.end();
    },
  };
}

async function fromModule(path: string): Promise<Part<ReplayStore>> {
  const value = (await importDefault(path, 'ISSUER_REPLAY_STORE')) as ReplayStore | undefined;
  if (typeof value?.consume === 'function') return { value, close: async () => value.close?.() };
  throw misconfigured(
    'ISSUER_REPLAY_STORE must be memory, redis, postgres, or a module whose default export is a replay store.',
  );
}
