import type { OtpStore } from '../domain/otp-store.ts';
import type { Ledger } from '../domain/ports.ts';
import { openFileLedger } from '../ledger/file-ledger.ts';
import { postgresLedger } from '../ledger/postgres-ledger.ts';
import type { PostgresClient } from '../ledger/postgres-tables.ts';
import { misconfigured } from '../lib/errors.ts';
import type { SmsTransport } from '../sms/sms-transport.ts';
import { memoryOtpStore } from '../store/memory/memory-otp-store.ts';
import { redisOtpStore } from '../store/redis/redis-otp-store.ts';
import type { Settings } from './environment.ts';
import { importDefault } from './import-default.ts';
import type { IssuerLog } from './logger.ts';
import { openPostgres } from './open-postgres.ts';
import { openRedis } from './open-redis.ts';
import { type Part, withoutClose } from './part.ts';

export async function openStore({ redisUrl }: Settings, { onFault }: IssuerLog): Promise<Part<OtpStore>> {
  if (redisUrl === undefined) return withoutClose(memoryOtpStore());
  const { connection, close } = await openRedis(redisUrl, (error) => onFault({ during: 'request', error }));
  return { value: redisOtpStore(connection), close };
}

export async function openLedger(settings: Settings, { onFault }: IssuerLog): Promise<Part<Ledger | undefined>> {
  const { ledgerFolder, ledgerPostgresUrl, node } = settings;
  const report = (error: unknown): void => onFault({ during: 'ledger', error });
  // The issuer closes its ledger itself.
  if (ledgerFolder !== undefined)
    return withoutClose(await openFileLedger({ folder: ledgerFolder, node, onFault: report }));
  if (ledgerPostgresUrl === undefined) return withoutClose(undefined);
  const pool = await openPostgres(ledgerPostgresUrl, 'ISSUER_LEDGER_POSTGRES_URL', report);
  const client: PostgresClient = { query: async (text, values) => pool.query(text, values) };
  return { value: await postgresLedger(client, { node, onFault: report }), close: async () => pool.end() };
}

/** The function that hands over one SMS. */
export async function loadSmsTransport({ smsModule }: Settings): Promise<SmsTransport> {
  const transport = await importDefault(smsModule, 'ISSUER_SMS_MODULE');
  if (typeof transport === 'function') return transport as SmsTransport;
  throw misconfigured(
    'ISSUER_SMS_MODULE must export a function by default: async (message, { signal }) => ({ outcome: "accepted" }).',
  );
}
