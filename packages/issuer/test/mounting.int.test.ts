import { createServer, type RequestListener } from 'node:http';
import { signedHeaders } from '@verified-mobile/client';
import express from 'express';
import Koa from 'koa';
import { afterEach, describe, expect, it } from 'vitest';
import type { Issuer } from '@verified-mobile/issuer';
import {
  issuerMiddleware,
  issuerMiddlewareForKoa,
  listen,
  type RunningServer,
  serve,
} from '@verified-mobile/issuer/node';
import { issuerUnderTest, sendBody, SHOP, START, validateUrl } from './support/issuer-under-test.ts';

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (server) => server.close()));
});

const HOSTS: [string, (issuer: Issuer) => RequestListener][] = [
  [
    'Express',
    (issuer) => {
      const app = express();
      app.use(issuerMiddleware(issuer), express.json());
      app.post('/own', (request, response) => void response.json({ own: request.body as unknown }));
      app.use((request, response) => void response.json({ own: request.originalUrl }));
      return app;
    },
  ],
  [
    'Koa',
    (issuer) => {
      const app = new Koa();
      app.use(issuerMiddlewareForKoa(issuer));
      app.use((context) => void (context.body = { own: context.path }));
      const callback = app.callback();
      return (request, response) => void callback(request, response);
    },
  ],
];

describe.each(HOSTS)('inside %s', (_, mount) => {
  it('answers its own paths, with the address of the connection, and leaves all others to the app', async () => {
    const issuer = issuerUnderTest({ accounts: [{ ...SHOP, allowedAddresses: ['127.0.0.0/8', '::1'] }] });
    const server = await listen(createServer(mount(issuer.nodes[0]!)), { port: 0, hostname: '127.0.0.1' });
    running.push(server);
    const headers = {
      'content-type': 'application/json',
      ...signedHeaders({ developerKey: SHOP.developerKey, accessKey: 'shop-access-key-1' }, START),
    };
    const sent = await fetch(`${server.url}/ekoapi/v3/tools/kyc/mobile/otp`, {
      method: 'POST',
      headers,
      body: JSON.stringify(sendBody()),
    });
    expect(await sent.json()).toMatchObject({ status: 0, message: 'OTP has been sent' });
    expect((await fetch(`${server.url}/.well-known/jwks.json`)).status).toBe(200);
    expect((await fetch(`${server.url}/ekoapi/v3/nowhere`)).status).toBe(404);
    const own = await fetch(`${server.url}/own`, { method: 'POST', headers, body: '{"a":1}' });
    expect(await own.json()).toHaveProperty('own');
  });

  it.each(['//', '///', '//?a=1', '//ekoapi/v3/usage', '/%'])('leaves %s to the app', async (path) => {
    const issuer = issuerUnderTest();
    const server = await listen(createServer(mount(issuer.nodes[0]!)), { port: 0, hostname: '127.0.0.1' });
    running.push(server);
    const answer = await fetch(server.url + path);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toHaveProperty('own');
  });
});

it('is told the address of the connection by serve()', async () => {
  const issuer = issuerUnderTest({ accounts: [{ ...SHOP, allowedAddresses: ['192.0.2.1'] }] });
  const server = await serve(issuer.fetch, { port: 0, hostname: '127.0.0.1' });
  running.push(server);
  const url = validateUrl('x', SHOP.initiatorId).replace('https://otp.test', server.url);
  const headers = signedHeaders({ developerKey: SHOP.developerKey, accessKey: 'shop-access-key-1' }, START);
  const answer = await fetch(url, { headers: { ...headers, 'x-forwarded-for': '192.0.2.1' } });
  expect(answer.status).toBe(403);
});

it('ends with the last answer, whatever connections are kept alive', async () => {
  const server = createServer((_request, response) => void response.end('hello'));
  // Kept alive for ever: nothing but close() ends the connection of the answered request.
  server.keepAliveTimeout = 0;
  const listening = await listen(server, { port: 0, hostname: '127.0.0.1' });
  await (await fetch(listening.url)).text();
  await listening.close();
  expect(server.listening).toBe(false);
});
