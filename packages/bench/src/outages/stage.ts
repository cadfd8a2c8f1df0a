import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSigningKey } from '@verified-mobile/issuer';
import { freePort } from '@verified-mobile/test-support/free-port';
import { type PostgresServer, startPostgres } from '@verified-mobile/test-support/postgres-server';
import { type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { hasSmallDisks, type SmallDisk, smallDisk } from '@verified-mobile/test-support/small-disk';
import { ACCOUNT } from './calls.ts';
import { IssuerNode } from './issuer-node.ts';
import { SmsInbox } from './sms-inbox.ts';

/** Two nodes of the command and all that they stand on. */
export interface Stage {
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  /** `undefined` if this user may not mount one: the ledger is then in an ordinary folder. */
  readonly disk: SmallDisk | undefined;
  readonly inbox: SmsInbox;
  /** The node whose ledger is in PostgreSQL. */
  readonly onPostgres: IssuerNode;
  /** The node whose ledger is in files. */
  readonly onDisk: IssuerNode;
  readonly nodes: readonly IssuerNode[];
  readonly ledgerFolder: string;
  /** Ends and removes everything. */
  close(): Promise<void>;
}

/** @param diskMegabytes of the disk for the ledger in files */
export async function setStage(diskMegabytes: number): Promise<Stage> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).toReversed()) {
      try {
        await end();
      } catch (error) {
        // The others must end all the same.
        console.error(error);
      }
    }
  };
  try {
    return { ...(await openStage(diskMegabytes, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param closers gets, for each part, what ends it */
async function openStage(diskMegabytes: number, closers: (() => unknown)[]): Promise<Omit<Stage, 'close'>> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-outages-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const redis = await startRedis();
  closers.push(async () => redis.stop());
  const postgres = await startPostgres();
  closers.push(async () => postgres.stop());
  const disk = hasSmallDisks ? smallDisk(diskMegabytes) : undefined;
  closers.push(() => disk?.remove());
  const inbox = await SmsInbox.open(join(folder, 'sms.mjs'));
  closers.push(() => inbox.close());

  const ledgerFolder = join(disk?.folder ?? folder, 'ledger');
  const common = settingsIn(folder, redis.url);
  const nodeWith = async (name: string, ledger: Record<string, string>): Promise<IssuerNode> => {
    const own = { ISSUER_NODE: name, ISSUER_PORT: String(await freePort()), ...ledger };
    const node = new IssuerNode({ ...common, ...own }, join(folder, `${name}.log`));
    closers.push(async () => node.kill());
    node.start();
    return node;
  };
  const onPostgres = await nodeWith('node-1', { ISSUER_LEDGER_POSTGRES_URL: postgres.url });
  const onDisk = await nodeWith('node-2', { ISSUER_LEDGER_FOLDER: ledgerFolder });
  return { redis, postgres, disk, inbox, onPostgres, onDisk, nodes: [onPostgres, onDisk], ledgerFolder };
}

function settingsIn(folder: string, redisUrl: string): Record<string, string> {
  const pem = generateSigningKey().export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(folder, 'keys.json'), JSON.stringify([{ pem }]));
  writeFileSync(join(folder, 'accounts.json'), JSON.stringify([ACCOUNT]));
  return {
    ISSUER_URL: 'https://otp.bench',
    ISSUER_HOST: '127.0.0.1',
    ISSUER_ACCOUNTS_FILE: join(folder, 'accounts.json'),
    ISSUER_KEYS_FILE: join(folder, 'keys.json'),
    ISSUER_PEPPERS: Buffer.alloc(32, 'pepper').toString('base64'),
    ISSUER_SMS_MODULE: join(folder, 'sms.mjs'),
    ISSUER_REDIS_URL: redisUrl,
    ISSUER_REPLAY_STORE: 'redis',
    // Without the lines of requests and events: the ledgers have them.
    ISSUER_LOG_LEVEL: 'warn',
  };
}
