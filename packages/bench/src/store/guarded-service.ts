import { createServer } from 'node:http';
import { createGuard, hmacSecret } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { connectNodeRedis } from './contenders.ts';

/** One guarded route, with the store that the environment names. */
const { REDIS_SOCKET: socket, SECRET = '' } = process.env;

const replayStore = socket
  ? redisReplayStore(nodeRedis(await connectNodeRedis(socket)))
  : isolatedMemoryReplayStore({ maxIds: 5_000_000 });
const guard = createGuard({
  issuers: {
    issuer: 'https://otp.test',
    audience: 'payouts',
    keys: hmacSecret(Buffer.from(SECRET, 'base64'), 'HS256'),
  },
  replayStore,
  storeTimeoutMs: 5_000,
});
await replayStore.ready?.();

const server = createServer((request, response) => {
  const { method = '', url = '' } = request;
  const header = (name: string): string | string[] | undefined => request.headers[name];
  void guard.decide({ request, method, url, header }).then((verdict) => {
    if (verdict.outcome === 'passed') response.writeHead(201).end(verdict.proof.proofId);
    if (verdict.outcome === 'refused') response.writeHead(verdict.refusal.status).end(verdict.refusal.body);
  });
}).listen(0, '127.0.0.1', () => process.send?.(server.address()));
