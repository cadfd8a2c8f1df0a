import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { memoryReplayStore, type ReplayStore } from '@verified-mobile/core';
import { redisReplayStore } from '@verified-mobile/redis';
import type { OtpStore } from '../domain/otp-store.ts';
import type { Ledger } from '../domain/ports.ts';
import { openFileLedger } from '../ledger/file-ledger.ts';
import { type PostgresClient, postgresLedger } from '../ledger/postgres-ledger.ts';
import { misconfigured } from '../lib/errors.ts';
import type { SmsTransport } from '../sms/sms-transport.ts';
import { memoryOtpStore } from '../store/memory/memory-otp-store.ts';
import { redisOtpStore } from '../store/redis/redis-otp-store.ts';
import type { Settings } from './environment.ts';
import type { IssuerLog } from './logger.ts';
import { openRedis } from './open-redis.ts';

/** Something the service depends on, and how to close it. */
export interface Part<Value> {
  readonly value: Value;
  readonly close: () => Promise<void>;
}

const nothing = async (): Promise<void> => {};

export async function openStore({ redisUrl }: Settings, { onFault }: IssuerLog): Promise<Part<OtpStore>> {
  if (redisUrl === undefined) return { value: memoryOtpStore(), close: nothing };
  const { connection, close } = await openRedis(redisUrl, (error) => onFault({ during: 'request', error }));
  return { value: redisOtpStore(connection), close };
}

export async function openLedger(settings: Settings, { onFault }: IssuerLog): Promise<Part<Ledger | undefined>> {
  const { ledgerFolder, ledgerPostgresUrl, node } = settings;
  // The issuer closes its ledger itself.
  if (ledgerFolder !== undefined) return { value: await openFileLedger({ folder: ledgerFolder }), close: nothing };
  if (ledgerPostgresUrl === undefined) return { value: undefined, close: nothing };
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    throw misconfigured('ISSUER_LEDGER_POSTGRES_URL needs the package pg: npm install pg.', { cause });
  });
  const pool = new pg.Pool({ connectionString: ledgerPostgresUrl, max: 2 });
  const onError = (error: Error): void => onFault({ during: 'ledger', error });
  // A restart of PostgreSQL breaks connections that are idle, and such an error without a listener ends the process.
  pool.on('error', onError);
  pool.on('connect', (connection) => connection.on('error', onError));
  const client: PostgresClient = { query: async (text, values) => pool.query(text, values) };
  return { value: await postgresLedger(client, { node }), close: async () => pool.end() };
}

/** The default export of a module of the operator's: the function that hands over one SMS. */
export async function loadSmsTransport({ smsModule }: Settings): Promise<SmsTransport> {
  const transport = await importDefault(smsModule, 'ISSUER_SMS_MODULE');
  if (typeof transport === 'function') return transport as SmsTransport;
  throw misconfigured(
    'ISSUER_SMS_MODULE must export a function by default: async (message, { signal }) => ({ outcome: "accepted" }).',
  );
}

/** `memory` for one node, `redis` for several, or a module whose default export is any other shared replay store. */
export async function openReplayStore(
  { replayStore, redisUrl }: Settings,
  { onFault }: IssuerLog,
): Promise<Part<ReplayStore | undefined>> {
  if (replayStore === undefined) return { value: undefined, close: nothing };
  if (replayStore === 'memory') return { value: memoryReplayStore({ issuerClockToleranceSeconds: 0 }), close: nothing };
  if (replayStore === 'redis') {
    // A connection of its own: the store closes it.
    const { connection } = await openRedis(redisUrl!, (error) => onFault({ during: 'request', error }));
    const store = redisReplayStore(connection);
    return { value: store, close: async () => store.close() };
  }
  const store = (await importDefault(replayStore, 'ISSUER_REPLAY_STORE')) as ReplayStore | undefined;
  if (typeof store?.consume === 'function') return { value: store, close: async () => store.close?.() };
  throw misconfigured('ISSUER_REPLAY_STORE must be memory, redis, or a module whose default export is a replay store.');
}

async function importDefault(path: string, name: string): Promise<unknown> {
  try {
    return ((await import(pathToFileURL(resolve(path)).href)) as { default?: unknown }).default;
  } catch (cause) {
    throw misconfigured(`${name} names a module that cannot be loaded: ${path}.`, { cause });
  }
}
