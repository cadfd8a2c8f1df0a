import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createTestIssuer, type TestIssuer } from '@verified-mobile/core/testing';
import { Connection } from '../connection.ts';
import { median } from '../statistics.ts';
import { printTable } from '../table.ts';
import { startRedis } from './databases.ts';

const CONNECTIONS = 32;
const ROUND_MS = 3_000;
const ROUNDS = 5;

const SERVICE = fileURLToPath(new URL('guarded-service.js', import.meta.url));

/** Requests a second through the guard, with memory and with Redis, on connections that stay open. */
export async function measureGuardThroughput(): Promise<void> {
  const issuer = createTestIssuer({ algorithm: 'HS256' });
  const SECRET = Buffer.from(issuer.jwk.k ?? '', 'base64url').toString('base64');
  const redis = await startRedis();
  const services = await Promise.all([startService({ SECRET }), startService({ SECRET, REDIS_SOCKET: redis.socket })]);
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { port }] of services.entries()) rates[index]?.push(await load(port, issuer));
  }
  for (const service of services) service.stop();
  redis.stop();
  const [memory, shared] = [median(rates[0]), median(rates[1])];
  printTable(
    `The guard over HTTP, ${CONNECTIONS} connections (target: Redis at 0.8 of memory)`,
    ['store', 'requests/s', 'of memory'],
    [
      ['memory', memory.toFixed(0), '1.00'],
      ['Redis', shared.toFixed(0), (shared / memory).toFixed(2)],
    ],
  );
}

async function startService(env: Record<string, string>): Promise<{ port: number; stop: () => void }> {
  const child = fork(SERVICE, { env, execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [AddressInfo];
  return { port, stop: () => void child.kill('SIGKILL') };
}

async function load(port: number, issuer: TestIssuer): Promise<number> {
  const tokens = Array.from({ length: ROUND_MS * 12 }, () => issuer.mint());
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, async () => Connection.open(port)));
  const startedAt = performance.now();
  let passed = 0;
  const requests = connections.map(async (connection) => {
    while (performance.now() < startedAt + ROUND_MS) {
      const token = tokens.pop() ?? issuer.mint();
      const head = `POST /payouts HTTP/1.1\r\nhost: localhost\r\notp-verification-token: ${token}\r\n`;
      const { status } = await connection.request(head, '');
      if (status !== 201) throw new Error(`answered ${status}`);
      passed += 1;
    }
  });
  await Promise.all(requests);
  for (const connection of connections) connection.close();
  return (passed / (performance.now() - startedAt)) * 1000;
}
