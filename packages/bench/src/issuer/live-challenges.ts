/** Fills a store with live challenges, as Send OTP leaves them, and tells the bytes of each: `memory` or `redis <url>`. */
import { createHash, randomBytes } from 'node:crypto';
import { memoryOtpStore, type OtpStore } from '@verified-mobile/issuer';
import { nodeRedis, redisOtpStore } from '@verified-mobile/issuer/redis';
import { createClient } from 'redis';

type Reservation = Parameters<OtpStore['reserveSend']>[0];

const AT_A_TIME = 500;
const LIMITS = {
  cooldownSeconds: [30, 60, 120],
  sendsPerHour: 5,
  sendsPerDay: 10,
  attemptsPerCode: 5,
  failuresBeforeWait: 10,
  failuresBeforeStop: 100,
};
const NO_GUARD = { minimumSends: 100, minimumShare: 0, secondsBetweenSends: 10 };
const MANY = { perMinute: 1_000_000_000, perHour: 1_000_000_000, perDay: 1_000_000_000 };

const [engine, count = '1000000', redisUrl = ''] = process.argv.slice(2);
const challenges = Number(count);
process.send?.(engine === 'memory' ? await inMemory() : await inRedis());
process.exit();

async function inMemory(): Promise<number> {
  const store = memoryOtpStore({ maxMobiles: challenges * 2 });
  const before = usedMemory();
  await fill(store);
  const bytes = (usedMemory() - before) / challenges;
  // Keeps the store reachable until it was measured.
  await store.usage('bench', []);
  return bytes;
}

async function inRedis(): Promise<number> {
  const client = createClient({ url: redisUrl, disableOfflineQueue: true });
  await client.connect();
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
  const before = await used();
  await fill(redisOtpStore(nodeRedis(client), { timeoutMs: 60_000 }));
  return ((await used()) - before) / challenges;
}

async function fill(store: OtpStore): Promise<void> {
  const now = Date.now();
  for (let first = 0; first < challenges; first += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, async (_, index) => sendOne(store, first + index, now)));
  }
}

async function sendOne(store: OtpStore, index: number, now: number): Promise<void> {
  const clientRefId = String(211_101_129_871 + index);
  const reservation: Reservation = {
    subject: digest(`subject ${index}`),
    session: '',
    mobile: digest(`mobile ${index}`),
    prefix: digest(`prefix ${index % 1000}`),
    account: 'bench',
    agent: digest(`agent ${index % 1000}`),
    day: '2026-05-22',
    month: '2026-05',
    challenge: newChallenge(clientRefId, now),
    tid: String(1_000_000_000 + index),
    reference: { key: digest(clientRefId), body: digest(`body ${index}`).slice(0, 16) },
    limits: LIMITS,
    quotas: { account: MANY, agent: MANY },
    sendsPerMobileAndDay: 20,
    openSendsPerMobileAndDay: 20,
    conversionGuard: NO_GUARD,
    accountConversionGuard: NO_GUARD,
  };
  await store.reserveSend(reservation, now);
  await store.commitSend(reservation, now);
}

function newChallenge(clientRefId: string, now: number): Reservation['challenge'] {
  const [id, codeMac] = [randomBytes(16).toString('base64url'), randomBytes(32).toString('base64url')];
  return { id, codeMac, clientRefId, transactionHash: '', attemptsAllowed: 5, expiresAt: now + 300_000 };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest().toString('base64url', 0, 16);
}

function usedMemory(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
