/** Signed messages over real HTTP, from the client through each host. */
import { createServer, request, type RequestListener } from 'node:http';
import { createOtpClient, type OtpClient, signedMessageHeaders } from '@verified-mobile/client';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import type { Issuer } from '@verified-mobile/issuer';
import {
  issuerMiddleware,
  issuerMiddlewareForKoa,
  listen,
  type RunningServer,
  serve,
} from '@verified-mobile/issuer/node';
import express from 'express';
import Koa from 'koa';
import { afterEach, describe, expect, it } from 'vitest';
import { type IssuerUnderTest, issuerUnderTest, MOBILE, SHOP } from './support/issuer-under-test.ts';
import { STRICT } from './support/signed-messages.ts';

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (server) => server.close()));
});

const at = { port: 0, hostname: '127.0.0.1' };

const onKoa = (issuer: Issuer, ...before: Koa.Middleware[]): RequestListener => {
  const app = new Koa();
  for (const middleware of before) app.use(middleware);
  app.use(issuerMiddlewareForKoa(issuer));
  const callback = app.callback();
  return (incoming, response) => void callback(incoming, response);
};

/** As `koa-mount` does. */
const cut: Koa.Middleware = async (context, next) => {
  context.path = context.path.replace('/ekoapi', '');
  await next();
};

const HOSTS: [string, (issuer: Issuer) => Promise<RunningServer>][] = [
  ['serve', async (issuer) => serve(issuer.fetch, at)],
  ['Express', async (issuer) => listen(createServer(express().use(issuerMiddleware(issuer))), at)],
  [
    'Express, below a path',
    async (issuer) => listen(createServer(express().use('/ekoapi', issuerMiddleware(issuer))), at),
  ],
  ['Koa', async (issuer) => listen(createServer(onKoa(issuer)), at)],
  ['Koa, below a path', async (issuer) => listen(createServer(onKoa(issuer, cut)), at)],
];

const OPTIONS = {
  developerKey: SHOP.developerKey,
  accessKey: SHOP.accessKeys[0] ?? '',
  initiatorId: SHOP.initiatorId,
  messageSignature: true,
};

async function hosted(
  start: (issuer: Issuer) => Promise<RunningServer>,
): Promise<{ issuer: IssuerUnderTest; server: RunningServer; clientWith: (more: object) => OtpClient }> {
  const issuer = issuerUnderTest({ accounts: [STRICT], clock: Date.now, replayStore: isolatedMemoryReplayStore() });
  const server = await start(issuer.nodes[0]!);
  running.push(server);
  const baseUrl = `${server.url}/ekoapi/v3`;
  return { issuer, server, clientWith: (more) => createOtpClient({ ...OPTIONS, baseUrl, ...more }) };
}

describe.each(HOSTS)('through %s', (_, start) => {
  it('every call of the client passes, with Validate Token by GET and by POST', async () => {
    const { issuer, clientWith } = await hosted(start);
    const client = clientWith({});
    await client.sendOtp({ mobile: MOBILE, cspId: '9002336768' });
    const { token } = await client.verifyOtp({ mobile: MOBILE, otp: issuer.newestCode() });
    expect(await client.validateToken(token)).toMatchObject({ mobile: `+91${MOBILE}` });
    expect(await clientWith({ validateByPost: true }).validateToken(token)).toMatchObject({ mobile: `+91${MOBILE}` });
  });

  it('a call without the signature is refused with the remedy', async () => {
    const client = (await hosted(start)).clientWith({ messageSignature: false });
    await expect(client.validateToken('a.b.c')).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('Create the client with messageSignature: true.') as string,
    });
  });

  it('the target is the one that was sent, with what a URL writes in another way', async () => {
    const { server } = await hosted(start);
    const target = `/ekoapi/./v3/usage?initiator_id=${SHOP.initiatorId}&note='%7e"<>{|}^`;
    expect(await get(server, target, target)).toBe(200);
    expect(await get(server, target, target.replace("'", '%27'))).toBe(403);
  });
});

/** `fetch` would write the target anew. */
async function get({ port }: RunningServer, path: string, signedTarget: string): Promise<number | undefined> {
  const headers = signedMessageHeaders(OPTIONS, { method: 'GET', target: signedTarget, body: '' });
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}
