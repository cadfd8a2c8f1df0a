/** One server under measurement. Told by messages when to count; answers with the CPU time it spent in between. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestAlgorithm } from '@verified-mobile/core/testing';
import type { Framework } from './contenders.ts';
import { expressApp } from './express-app.ts';
import { fastifyApp } from './fastify-app.ts';
import { honoApp } from './hono-app.ts';
import type { PublishedKey } from './keys.ts';
import { koaApp } from './koa-app.ts';

type BuildApp = (name: string, jwk: PublishedKey, algorithm: TestAlgorithm) => Promise<RequestListener>;

const BUILDERS: Readonly<Record<Framework, BuildApp>> = {
  Express: expressApp,
  Koa: koaApp,
  Fastify: fastifyApp,
  Hono: honoApp,
};

const [framework, name, algorithm, jwk] = process.argv.slice(2) as [Framework, string, TestAlgorithm, string];
const keySet = await listen(createServer((_req, res) => void res.end(`{"keys":[${jwk}]}`)));
process.env['JWKS_URL'] = `http://127.0.0.1:${keySet}/`;
const app = await BUILDERS[framework](name, JSON.parse(jwk) as PublishedKey, algorithm);
const port = await listen(createServer(app));

let since = process.cpuUsage();
process.on('message', (message) => {
  if (message === 'start') since = process.cpuUsage();
  const { user, system } = process.cpuUsage(since);
  process.send?.({ cpuMicroseconds: user + system });
});
process.on('disconnect', () => process.exit());
process.send?.({ port });

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
