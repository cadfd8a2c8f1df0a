import { setTimeout as pause } from 'node:timers/promises';
import { signedHeaders } from '@verified-mobile/client';
import { createIssuer, generateSigningKey, type IssuerOptions } from '@verified-mobile/issuer';
import { nodeRedis, redisOtpStore, redisOutbox } from '@verified-mobile/issuer/redis';
import { hasRedis, startRedis } from '@verified-mobile/test-support/redis-server';
import { createClient } from 'redis';
import { ACCOUNT, PATHS } from '../issuer/fixtures.ts';
import { percentile } from '../statistics.ts';
import { printTable } from '../table.ts';

const SECONDS = Number(process.env['DURATION'] ?? 6);
const PER_SECOND = Number(process.env['RATE'] ?? 100);
const FIRST_MOBILE = 6_000_000_000;
const GOAL_MS = 50;
/** Nobody verifies here, and after a slot of five minutes the sends would be slowed for it. */
const NO_GUARD = { minimumShare: 0 };

type Storage = Pick<IssuerOptions, 'store' | 'outbox'>;

/** Prints how long after the call of Send its SMS is with the transport, which answers at once, and when Send is answered. */
export async function run(): Promise<void> {
  const rows = [await measureNothing(), await measure('memory', {})];
  if (hasRedis) rows.push(await onRedis());
  else console.log('Without Redis: the package redis-server is missing.');
  const title = `From the call of Send, ${PER_SECOND} a second over ${SECONDS} s, milliseconds; the goal is ${GOAL_MS} at p99`;
  printTable(title, ['storage', 'SMS leaves p50', 'p99', 'longest', 'answered p50', 'p99'], rows);
}

/** How late the machine is by itself, for whatever is due at that rate. */
async function measureNothing(): Promise<string[]> {
  const late: number[] = [];
  await pace(async (_, dueAt) => void late.push(performance.now() - dueAt));
  return ['nothing at all', ...cells(late, 50, 99, 100), '', ''];
}

async function onRedis(): Promise<string[]> {
  const server = await startRedis();
  const client = createClient({ url: server.url, disableOfflineQueue: true });
  client.on('error', () => {});
  await client.connect();
  const redis = nodeRedis(client);
  const row = await measure('Redis', { store: redisOtpStore(redis), outbox: redisOutbox(redis) });
  client.destroy();
  await server.stop();
  return row;
}

async function measure(name: string, storage: Storage): Promise<string[]> {
  const leftAt = new Map<string, number>();
  const faults: unknown[] = [];
  const issuer = createIssuer({
    issuer: 'http://bench',
    accounts: [ACCOUNT],
    signingKeys: [generateSigningKey()],
    peppers: [Buffer.alloc(32, 'pepper')],
    sendSms: async ({ to, challengeId }) => {
      leftAt.set(to.slice(3), performance.now());
      return { outcome: 'accepted', messageId: challengeId };
    },
    ...storage,
    conversionGuard: NO_GUARD,
    accountConversionGuard: NO_GUARD,
    onFault: ({ error }) => void faults.push(error),
  });
  const [leaves, answers]: [number[], number[]] = [[], []];
  const send = async (mobile: string, dueAt: number): Promise<void> => {
    const response = await issuer.fetch(sendRequest(mobile));
    const answer = (await response.json()) as { status: number; message: string };
    if (answer.status !== 0) throw new Error(`A send failed: ${answer.message}`, { cause: faults[0] });
    answers.push(performance.now() - dueAt);
    leaves.push((leftAt.get(mobile) ?? Number.NaN) - dueAt);
    leftAt.delete(mobile);
  };
  // What is compiled and loaded at first is not what a send costs.
  for (let sends = 0; sends < PER_SECOND; sends += 1) await send(String(FIRST_MOBILE + sends), performance.now());
  leaves.splice(0);
  answers.splice(0);
  await pace(async (sends, dueAt) => send(String(FIRST_MOBILE + PER_SECOND + sends), dueAt));
  await issuer.close();
  return [name, ...cells(leaves, 50, 99, 100), ...cells(answers, 50, 99)];
}

function cells(values: readonly number[], ...percents: readonly number[]): string[] {
  return percents.map((percent) => percentile(values, percent).toFixed(1));
}

/** At a fixed rate, however long each takes: what starts late counts its delay. */
async function pace(send: (sends: number, dueAt: number) => Promise<void>): Promise<void> {
  const running: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let sends = 0; sends < PER_SECOND * SECONDS; sends += 1) {
    const dueAt = startedAt + (sends * 1000) / PER_SECOND;
    while (performance.now() < dueAt) await pause(1);
    running.push(send(sends, dueAt));
  }
  await Promise.all(running);
}

function sendRequest(mobile: string): Request {
  const keys = { developerKey: ACCOUNT.developerKey, accessKey: ACCOUNT.accessKeys[0]! };
  const headers = { ...signedHeaders(keys), 'content-type': 'application/json' };
  const body = JSON.stringify({ initiator_id: ACCOUNT.initiatorId, csp_id: '9002336768', mobile });
  return new Request(`http://bench${PATHS.send}`, { method: 'POST', headers, body });
}
