import { randomBytes } from 'node:crypto';
import type { ReplayStore, TokenUse } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { migrate, postgresReplayStore } from '@verified-mobile/postgres';
import { ioredis, nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createClient, type RedisClientType } from 'redis';

export interface Contender {
  readonly name: string;
  /** The one that this is compared with: the bare command by the same client. */
  readonly bare?: string;
  readonly run: (use: TokenUse) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

/** A use of a token that nothing has used. Dated ahead of any fence: the servers of a benchmark have just started. */
export function newUse(): TokenUse {
  const now = Date.now();
  const operation = randomBytes(12).toString('base64url');
  return { id: randomBytes(16).toString('base64url'), operation, issuedAt: now + 10_000, expiresAt: now + 420_000 };
}

const { signal } = new AbortController();

function storeContender(name: string, store: ReplayStore, bare?: string): Contender {
  const run = async (use: TokenUse): Promise<void> => {
    const { outcome } = await store.consume(use, { signal });
    if (outcome !== 'first-use') throw new Error(`${name}: ${outcome}`);
  };
  return { name, run, close: async () => store.close?.(), ...(bare !== undefined && { bare }) };
}

export async function connectNodeRedis(socket: string): Promise<RedisClientType> {
  const client: RedisClientType = createClient({ socket: { path: socket, tls: false }, disableOfflineQueue: true });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function connectIoredis(socket: string): Promise<Redis> {
  const client = new Redis(socket, { enableOfflineQueue: false, autoResendUnfulfilledCommands: false });
  await new Promise((resolve) => void client.once('ready', resolve));
  return client;
}

/** Memory, and both clients of Redis with the bare command, on one server for each layout. */
export async function redisContenders(plain: string, compact: string): Promise<readonly Contender[]> {
  const [bareNode, bareIo] = [await connectNodeRedis(plain), await connectIoredis(plain)];
  const [bareNodeName, bareIoName] = ['npm redis: SET NX PXAT', 'npm ioredis: SET NX PXAT'];
  const options = { timeoutMs: 5_000 };
  return [
    storeContender('memory', isolatedMemoryReplayStore({ maxIds: 5_000_000 })),
    {
      name: bareNodeName,
      run: async ({ id, operation, expiresAt }) =>
        bareNode.sendCommand(['SET', `bare:${id}`, operation, 'NX', 'PXAT', String(expiresAt)]),
      close: async () => bareNode.close(),
    },
    storeContender(
      'npm redis: plain',
      redisReplayStore(nodeRedis(await connectNodeRedis(plain)), options),
      bareNodeName,
    ),
    storeContender(
      'npm redis: compact',
      redisReplayStore(nodeRedis(await connectNodeRedis(compact)), { ...options, layout: 'compact' }),
      bareNodeName,
    ),
    {
      name: bareIoName,
      run: async ({ id, operation, expiresAt }) => bareIo.set(`bare:${id}`, operation, 'PXAT', expiresAt, 'NX'),
      close: async () => bareIo.quit(),
    },
    storeContender('npm ioredis: plain', redisReplayStore(ioredis(await connectIoredis(plain)), options), bareIoName),
  ];
}

export async function postgresContenders(socket: string): Promise<readonly Contender[]> {
  const pool = new pg.Pool({ host: socket, user: 'postgres', database: 'postgres', max: 10 });
  await migrate(pool);
  await pool.query('CREATE TABLE bare (id text PRIMARY KEY, operation text, expires_at timestamptz)');
  const bare = 'npm pg: INSERT ON CONFLICT';
  const insert = 'INSERT INTO bare VALUES ($1, $2, to_timestamp($3)) ON CONFLICT DO NOTHING RETURNING id';
  return [
    {
      name: bare,
      run: async ({ id, operation, expiresAt }) => pool.query(insert, [id, operation, expiresAt / 1000]),
      close: async () => Promise.resolve(),
    },
    { ...storeContender('npm pg: before-handler', postgresReplayStore(pool), bare), close: async () => pool.end() },
  ];
}
