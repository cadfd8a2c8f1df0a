import { join } from 'node:path';
import type { Ledger } from '../domain/ports.ts';
import { type FileLedgerOptions, openFileLedger } from '../ledger/file-ledger.ts';
import { IssuerError } from '../lib/errors.ts';
import { postgresLedger } from '../ledger/postgres-ledger.ts';
import type { PostgresClient } from '../ledger/postgres-tables.ts';
import type { IssuerOptions } from '../setup/options.ts';
import { memoryOtpStore } from '../store/memory/memory-otp-store.ts';
import { memoryOutbox } from '../store/memory/memory-outbox.ts';
import { redisOtpStore } from '../store/redis/redis-otp-store.ts';
import { redisOutbox } from '../store/redis/redis-outbox.ts';
import { type Away, causeOf, untilThere } from './away.ts';
import type { Settings } from './environment.ts';
import { openPostgres } from './open-postgres.ts';
import { openRedis } from './open-redis.ts';
import { type Part, withoutClose } from './part.ts';
import type { IssuerFault } from '../domain/ports.ts';

/** Who is told what becomes of the parts. */
export interface Watch {
  readonly onAway: Away;
  readonly onFault: (fault: IssuerFault) => void;
  /** Told of what is in order again. */
  readonly onNotice?: (message: string) => void;
}

/** Where the service keeps what its nodes share. */
export type Storage = Required<Pick<IssuerOptions, 'store' | 'outbox'>>;

export async function openStorage({ redis, maxMobiles }: Settings, watch: Watch): Promise<Part<Storage>> {
  if (redis === undefined) {
    return withoutClose({
      store: memoryOtpStore(maxMobiles === undefined ? {} : { maxMobiles }),
      outbox: memoryOutbox(),
    });
  }
  const { url, ...options } = redis;
  const onError = (error: unknown): void => watch.onFault({ during: 'request', error });
  const { connection, close } = await openRedis(url, { onAway: watch.onAway, onError });
  return { value: { store: redisOtpStore(connection, options), outbox: redisOutbox(connection, options) }, close };
}

/** @param chain names a chain of its own beside the service's: two processes must not write one */
export async function openLedger(
  { ledger, node }: Settings,
  { onAway, onFault }: Watch,
  chain?: string,
): Promise<Part<Ledger | undefined>> {
  if (ledger === undefined) return withoutClose(undefined);
  // The issuer closes its ledger itself.
  const onError = (error: unknown): void => onFault({ during: 'ledger', error });
  const name = chain === undefined ? node : `${node}/${chain}`;
  const common = { node: name, onFault: onError };
  if (ledger.kind === 'files') {
    const { kind: _, folder, ...options } = ledger;
    return withoutClose(await openFiles(chain === undefined ? folder : join(folder, chain), { ...common, ...options }));
  }
  const { url, kind: _, ...options } = ledger;
  const pool = await openPostgres(url, 'ISSUER_LEDGER_POSTGRES_URL', onError);
  const client: PostgresClient = { query: async (text, values) => pool.query(text, values) };
  const open = async (): Promise<Ledger> => postgresLedger(client, { ...common, ...options });
  const value = await untilThere(open, 'PostgreSQL (ISSUER_LEDGER_POSTGRES_URL)', onAway);
  return { value, close: async () => pool.end() };
}

async function openFiles(folder: string, options: Omit<FileLedgerOptions, 'folder'>): Promise<Ledger> {
  try {
    return await openFileLedger({ folder, ...options });
  } catch (cause) {
    if (cause instanceof IssuerError) throw cause;
    const message = `ISSUER_LEDGER_FOLDER: ${folder} cannot be written (${causeOf(cause)}). Make it, for this user.`;
    throw new IssuerError('ledger_unavailable', message, { cause });
  }
}
