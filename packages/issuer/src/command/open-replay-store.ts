import { memoryReplayStore, type ReplayStore } from '@verified-mobile/core';
import { redisReplayStore } from '@verified-mobile/redis';
import { misconfigured } from '../lib/errors.ts';
import type { Settings } from './environment.ts';
import { importDefault } from './import-default.ts';
import type { IssuerLog } from './logger.ts';
import { openPostgres } from './open-postgres.ts';
import { openRedis } from './open-redis.ts';
import { type Part, withoutClose } from './part.ts';

/** `memory` for one node; `redis`, `postgres` or a module of the operator's for several. */
export async function openReplayStore(
  settings: Settings,
  { onFault }: IssuerLog,
): Promise<Part<ReplayStore> | undefined> {
  const { replayStore, redisUrl, replayPostgresUrl } = settings;
  const report = (error: unknown): void => onFault({ during: 'request', error });
  if (replayStore === undefined) return undefined;
  if (replayStore === 'memory') return withoutClose(memoryReplayStore({ issuerClockToleranceSeconds: 0 }));
  if (replayStore === 'redis' && redisUrl !== undefined) return onRedis(redisUrl, report);
  if (replayStore === 'postgres' && replayPostgresUrl !== undefined) return onPostgres(replayPostgresUrl, report);
  return fromModule(replayStore);
}

async function onRedis(url: string, report: (error: unknown) => void): Promise<Part<ReplayStore>> {
  // A connection of its own: the store closes it.
  const { connection } = await openRedis(url, report);
  const value = redisReplayStore(connection);
  return { value, close: async () => value.close() };
}

async function onPostgres(url: string, report: (error: unknown) => void): Promise<Part<ReplayStore>> {
  // Loaded when it is needed, as pg is.
  const { migrate, postgresReplayStore } = await import('@verified-mobile/postgres');
  const pool = await openPostgres(url, 'ISSUER_REPLAY_POSTGRES_URL', report);
  await migrate(pool);
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
