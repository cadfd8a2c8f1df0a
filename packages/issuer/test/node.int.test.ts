import { createServer, request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { signedHeaders } from '@verified-mobile/client';
import { afterEach, expect, it } from 'vitest';
import { IssuerError } from '@verified-mobile/issuer';
import { listen, type RunningServer, serve, type ServeOptions } from '@verified-mobile/issuer/node';
import { issuerUnderTest, sendBody, SHOP, START } from './support/issuer-under-test.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
const running: RunningServer[] = [];
const hello = (): Response => new Response('hello');

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (server) => server.close()));
});

it('serves on any free port where 0 is asked for, and says which', async () => {
  const server = await start({ port: 0 });
  expect(server.port).toBeGreaterThan(0);
  expect(server.url).toBe(`http://localhost:${server.port}`);
  expect(await (await fetch(server.url)).text()).toBe('hello');
});

it("makes a server of Node's listen, as other frameworks give", async () => {
  const server = await listen(
    createServer((_, response) => response.end('hello from Node')),
    { port: 0 },
  );
  running.push(server);
  expect(await (await fetch(server.url)).text()).toBe('hello from Node');
});

it('frees its port when it is closed', async () => {
  const first = await serve(hello, { port: 0, hostname: '127.0.0.1' });
  await first.close();
  const second = await start({ port: first.port, hostname: '127.0.0.1' });
  expect(second.url).toBe(`http://127.0.0.1:${first.port}`);
});

it('names the port that is taken and the setting that moves it', async () => {
  const { port } = await start({ port: 0 });
  const failure = serve(hello, { port, portSetting: 'ISSUER_PORT' });
  await expect(failure).rejects.toThrow(IssuerError);
  await expect(failure).rejects.toMatchObject({
    code: 'cannot_listen',
    message: `Port ${port} is taken by another program. Stop that program, or set ISSUER_PORT to a free port.`,
    cause: { code: 'EADDRINUSE' },
  });
});

it('names the address that is not of this machine and the setting that holds it', async () => {
  // 192.0.2.0/24 is for documentation: no machine has an address of it.
  const failure = serve(hello, { port: 0, hostname: '192.0.2.1', hostnameSetting: 'ISSUER_HOST' });
  await expect(failure).rejects.toMatchObject({
    code: 'cannot_listen',
    message: 'Cannot listen on 192.0.2.1 (EADDRNOTAVAIL). Set ISSUER_HOST to an address of this machine.',
  });
});

it.skipIf(!hasIpv6)('puts an address of IPv6 in brackets', async () => {
  const server = await start({ port: 0, hostname: '::1' });
  expect(server.url).toBe(`http://[::1]:${server.port}`);
  expect(await (await fetch(server.url)).text()).toBe('hello');
});

it.each<[object, string]>([
  [{ port: -1 }, 'ISSUER_PORT must be a whole number from 0 to 65535.'],
  [{ port: 65_536 }, 'ISSUER_PORT must be a whole number from 0 to 65535.'],
  [{ port: Number.NaN }, 'ISSUER_PORT must be a whole number from 0 to 65535.'],
  [{ port: '4000' }, 'ISSUER_PORT must be a whole number from 0 to 65535.'],
  [{ host: 'x' }, 'ServeOptions has no option host. It takes: port, hostname, portSetting, hostnameSetting.'],
])('refuses %j', async (changes, message) => {
  await expect(serve(hello, { port: 0, portSetting: 'ISSUER_PORT', ...changes })).rejects.toThrow(message);
});

it('leaves the global Request and Response of the process alone', async () => {
  await start({ port: 0 });
  // Node's own classes extend nothing; what would replace them extends those.
  const parents = [globalThis.Request, globalThis.Response].map((global) => Object.getPrototypeOf(global) as unknown);
  expect(parents).toEqual([Function.prototype, Function.prototype]);
});

it('reads a body that comes in chunks, and stops reading where it is too large', async () => {
  const issuer = issuerUnderTest();
  const { port } = await start({ port: 0 }, issuer.fetch);
  const good = JSON.stringify(sendBody());
  const sent = await postChunks(port, [good.slice(0, 20), good.slice(20)]);
  const refused = await postChunks(
    port,
    Array.from({ length: 20 }, () => ' '.repeat(1024)),
  );
  expect([sent, refused]).toEqual([200, 413]);
  expect(issuer.sms).toHaveLength(1);
});

async function start(
  options: ServeOptions,
  handler: (request: Request) => Response | Promise<Response> = hello,
): Promise<RunningServer> {
  const server = await serve(handler, options);
  running.push(server);
  return server;
}

async function postChunks(port: number, chunks: string[]): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    ...signedHeaders({ developerKey: SHOP.developerKey, accessKey: 'shop-access-key-1' }, START),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, method: 'POST', path: '/ekoapi/v3/tools/kyc/mobile/otp', headers, agent: false },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    outgoing.once('error', reject);
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}
