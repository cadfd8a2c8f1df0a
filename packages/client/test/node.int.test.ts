import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as sendRequest,
  type RequestListener,
  type Server,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { bodyParser } from '@koa/bodyparser';
import {
  type FastifyRequest,
  type MountedHandler,
  otpMiddleware,
  otpMiddlewareForKoa,
  otpRouteForFastify,
} from '@verified-mobile/client/node';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import fastify from 'fastify';
import Koa from 'koa';
import { afterEach, describe, expect, it } from 'vitest';

type Handler = MountedHandler<unknown>;
type Mount = (handler: Handler) => RequestListener | Promise<RequestListener>;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const own = (answer: (request: Request, host: unknown) => Promise<Response>): Handler =>
  Object.assign(answer, { owns: (path: string) => path.endsWith('/otp') });

/** What the handler was given of the request. */
const echo = own(async (request) => {
  const { method, url, headers } = request;
  return Response.json(
    { method, url, type: headers.get('content-type'), twice: headers.get('x-twice'), body: await request.text() },
    { status: 202, headers: { 'x-answer': 'yes' } },
  );
});

const told: string[] = [];
const tell: ErrorRequestHandler = (error: Error, _request, response, _next) => {
  told.push(error.message);
  response.status(500).json({ told: error.message });
};

const onExpress =
  (before: readonly RequestHandler[] = [], path = '/'): Mount =>
  (handler) =>
    express()
      .use(path, ...before, otpMiddleware(handler))
      .use((request, response, next) => void (request.path === '/elsewhere' ? response.send('the app') : next()))
      .use(tell);

const onKoa =
  (...before: Koa.Middleware[]): Mount =>
  (handler) => {
    const app = new Koa();
    app.silent = true;
    app.use(async (context, next) => {
      try {
        await next();
      } catch (error) {
        context.status = 500;
        context.body = { told: (error as Error).message };
      }
    });
    for (const middleware of before) app.use(middleware);
    app.use(otpMiddlewareForKoa(handler)).use((context) => void (context.body = 'the app'));
    const callback = app.callback();
    return (request, response) => void callback(request, response);
  };

const onFastify: Mount = async (handler) => {
  const app = fastify();
  app.setErrorHandler((error: Error, _request, reply) => reply.code(500).send({ told: error.message }));
  app.all('/*', otpRouteForFastify(handler));
  await app.ready();
  return (request, response) => app.routing(request, response);
};

const MOUNTS: readonly [string, Mount][] = [
  ['Express', onExpress()],
  ['Express below a path', onExpress([], '/api')],
  ['Express after express.json()', onExpress([express.json()])],
  ['Express after express.text()', onExpress([express.text({ type: '*/*' })])],
  ['Express after express.raw()', onExpress([express.raw({ type: '*/*' })])],
  ['Koa', onKoa()],
  ['Koa after its body parser', onKoa(bodyParser())],
  ['Fastify', onFastify],
];

describe.each(MOUNTS)('a handler in %s', (_name, mount) => {
  const start = async (handler: Handler): Promise<string> => serve(await mount(handler));

  it('is given the whole request, and its answer is sent', async () => {
    const url = `${await start(echo)}/api/otp`;
    const headers = [
      ['content-type', 'application/json'],
      ['x-twice', 'a'],
      ['x-twice', 'b'],
    ] as [string, string][];
    const response = await fetch(`${url}?a=1`, { method: 'POST', headers, body: '{"otp":"042317"}' });
    expect([response.status, response.headers.get('x-answer')]).toEqual([202, 'yes']);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      method: 'POST',
      url: `${url}?a=1`,
      type: 'application/json',
      twice: 'a, b',
      body: '{"otp":"042317"}',
    });
  });

  it('is given an empty body, and none with GET; an answer without a body keeps its status', async () => {
    const url = `${await start(own(async (request) => new Response(null, { status: (await request.text()) === '' ? 405 : 500 })))}/api/otp`;
    for (const method of ['POST', 'GET']) {
      const response = await fetch(url, { method });
      expect([response.status, await response.text()]).toEqual([405, '']);
    }
  });

  it('throws into the error handling of the app', async () => {
    const url = `${await start(own(async () => Promise.reject(new Error('session store down'))))}/api/otp`;
    const response = await fetch(url, { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([500, { told: 'session store down' }]);
  });

  it('may stream its answer, and learns that the caller left', async () => {
    let left = false;
    const body = (): ReadableStream =>
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('first')),
        cancel: () => void (left = true),
      });
    const url = `${await start(own(async () => Promise.resolve(new Response(body()))))}/api/otp`;
    const caller = new AbortController();
    const response = await fetch(url, { method: 'POST', signal: caller.signal });
    const { value } = await response.body!.getReader().read();
    expect(Buffer.from(value as Uint8Array).toString()).toBe('first');
    caller.abort();
    await expect.poll(() => left).toBe(true);
  });

  it.each(['a b/../?', 'a:b', 'elsewhere/x', 'user:LEAK@elsewhere', '[', ':1'])(
    'is served if the caller names %s as host',
    async (host) => {
      const { port } = new URL(
        await start(own(async ({ url }) => Promise.resolve(new Response(new URL(url).pathname)))),
      );
      const [response] = (await once(
        sendRequest({ port, path: '/api/otp', method: 'POST', headers: { host } }).end(),
        'response',
      )) as [IncomingMessage];
      expect([response.statusCode, await text(response)]).toEqual([200, '/api/otp']);
    },
  );
});

it.each([
  ['Express', onExpress()],
  ['Koa', onKoa()],
])('a handler that stops reading a long body answers all the same, in %s', async (_name, mount) => {
  const refuse = own(async (request) => {
    const reader = request.body!.getReader();
    await reader.read();
    await reader.cancel();
    return new Response('too long', { status: 413 });
  });
  const url = `${await serve(await mount(refuse))}/otp`;
  const response = await fetch(url, { method: 'POST', body: 'x'.repeat(20_000_000) });
  expect([response.status, await response.text()]).toEqual([413, 'too long']);
});

it.each([
  ['Express', onExpress()],
  ['Koa', onKoa()],
])('a caller that leaves in the middle of its body harms nobody, in %s', async (_name, mount) => {
  const ends: string[] = [];
  const readOrNot = own(async (request) => {
    ends.push(`came for ${request.headers.get('x-read')}`);
    if (request.headers.get('x-read') === 'all') await request.text().catch(() => ends.push('broke off'));
    return new Response();
  });
  const url = await serve(await mount(readOrNot));
  for (const read of ['all', 'nothing']) {
    const caller = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
    caller.write(`POST /otp HTTP/1.1\r\nhost: a\r\nx-read: ${read}\r\ncontent-length: 100\r\n\r\nhalf`);
    await expect.poll(() => ends).toContain(`came for ${read}`);
    caller.destroy();
  }
  await expect.poll(() => ends).toEqual(['came for all', 'broke off', 'came for nothing']);
  expect((await fetch(`${url}/otp`, { method: 'POST', body: 'whole' })).status).toBe(200);
});

it.each([
  ['Express', onExpress([(request, _response, next) => void request.resume().on('end', () => next())])],
  ['Koa', onKoa(async ({ req }, next) => once(req.resume(), 'end').then(next))],
])('a body that was read and dropped before is one clear error in %s', async (_name, mount) => {
  const url = `${await serve(await mount(echo))}/otp`;
  const response = await fetch(url, { method: 'POST', body: '{}' });
  expect([response.status, await response.json()]).toEqual([
    500,
    { told: expect.stringContaining('The body was read before the handler') as string },
  ]);
});

it.each([
  ['Express', onExpress()],
  ['Koa', onKoa()],
])('%s keeps the paths that are not the handler’s', async (_name, mount) => {
  const url = await serve(await mount(echo));
  expect(await (await fetch(`${url}/elsewhere`, { method: 'POST' })).text()).toBe('the app');
});

it('bothers the error handling of Express with no answer that has begun', async () => {
  const breaks = own(async () => {
    let chunks = 0;
    const pull = (controller: ReadableStreamDefaultController): void => {
      chunks += 1;
      if (chunks > 3) controller.error(new Error('broke off'));
      else controller.enqueue(new TextEncoder().encode('part'));
    };
    return Promise.resolve(new Response(new ReadableStream({ pull })));
  });
  const url = `${await serve(await onExpress()(breaks))}/otp`;
  told.length = 0;
  await expect(fetch(url).then(async (response) => response.text())).rejects.toThrow('terminated');
  await expect(fetch(url).then(async (response) => response.text())).rejects.toThrow('terminated');
  expect(told).toEqual([]);
});

it('hands the handler the request of the host', async () => {
  const seen: unknown[] = [];
  const see = own(async (_request, host) => {
    seen.push((host as FastifyRequest).raw?.method ?? (host as { method: string }).method);
    return Promise.resolve(new Response());
  });
  for (const mount of [onExpress(), onKoa(), onFastify]) {
    await fetch(`${await serve(await mount(see))}/otp`, { method: 'PUT' });
  }
  expect(seen).toEqual(['PUT', 'PUT', 'PUT']);
});

it('works with what Fastify injects in tests', async () => {
  const app = fastify();
  app.post('/otp', otpRouteForFastify(echo));
  const { json } = await app.inject({ method: 'POST', url: '/otp', payload: { a: 1 } });
  expect(json()).toMatchObject({ method: 'POST', url: 'http://localhost/otp', body: '{"a":1}' });
});
