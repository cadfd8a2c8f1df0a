import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestIssuer } from '@verified-mobile/core/testing';
import { onTestFinished } from 'vitest';

/** Serves the key set of a test issuer until the test is over. */
export async function serveKeys({ jwk }: TestIssuer): Promise<{ url: string; fetched: unknown[] }> {
  const fetched: unknown[] = [];
  const server = createServer((req, res) => {
    fetched.push(req.url);
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`, fetched };
}
