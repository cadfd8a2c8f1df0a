/** One contender in a process of its own: `bare`, `memory` or `redis <url>`. Tells its port, and when asked its CPU time. */
import { createIssuer, generateSigningKey } from '@verified-mobile/issuer';
import { serve } from '@verified-mobile/issuer/node';
import { nodeRedis, type RedisConnection, redisOtpStore } from '@verified-mobile/issuer/redis';
import { createClient } from 'redis';
import { ACCOUNT, CODE_HEADER } from './fixtures.ts';
import { createBareRoute } from './bare-route.ts';

const [contender, redisUrl] = process.argv.slice(2);
const handler = contender === 'bare' ? bareHandler() : await issuerHandler();
const server = await serve(handler, { port: 0, hostname: '127.0.0.1' });
process.send?.(server.port);
// The CPU time so far: on a machine with other work a better measure than the number of flows.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.once('disconnect', () => process.exit());

function bareHandler(): (request: Request) => Promise<Response> {
  const app = createBareRoute(generateSigningKey());
  return async (request) => app.fetch(request);
}

async function issuerHandler(): Promise<(request: Request) => Promise<Response>> {
  const codes = new Map<string, string>();
  const issuer = createIssuer({
    issuer: 'http://bench',
    accounts: [ACCOUNT],
    signingKeys: [generateSigningKey()],
    peppers: [Buffer.alloc(32, 'pepper')],
    sendSms: async ({ to, text }) => {
      codes.set(to.slice(3), text.slice(0, 6));
      return { outcome: 'accepted' };
    },
    ...(redisUrl !== undefined && { store: redisOtpStore(await connect(redisUrl)) }),
  });
  return async (request) => {
    const response = await issuer.fetch(request);
    // The driver says in a header whose code it waits for.
    const mobile = request.headers.get(CODE_HEADER);
    if (mobile === null) return response;
    response.headers.set(CODE_HEADER, codes.get(mobile) ?? '');
    codes.delete(mobile);
    return response;
  };
}

async function connect(url: string): Promise<RedisConnection> {
  const client = createClient({ url, disableOfflineQueue: true });
  await client.connect();
  return nodeRedis(client);
}
