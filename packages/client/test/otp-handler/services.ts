import { getRequestListener } from '@hono/node-server';
import { bodyParser } from '@koa/bodyparser';
import { type OtpClient, otpHandler } from '@verified-mobile/client';
import { otpMiddleware, otpMiddlewareForKoa, otpRouteForFastify } from '@verified-mobile/client/node';
import type { GuardOptions } from '@verified-mobile/core';
import { withVerifiedMobile } from '@verified-mobile/core/fetch';
import { requireVerifiedMobile as requireOnExpress } from '@verified-mobile/express';
import { requireVerifiedMobile as requireOnFastify } from '@verified-mobile/fastify';
import { requireVerifiedMobile as requireOnHono } from '@verified-mobile/hono';
import { requireVerifiedMobile as requireOnKoa } from '@verified-mobile/koa';
import express, { type Request as ExpressRequest } from 'express';
import fastify, { type FastifyRequest } from 'fastify';
import { type Context as HonoContext, Hono } from 'hono';
import Koa, { type Context as KoaContext } from 'koa';
import type { RequestListener } from 'node:http';
import { customerOf, transactionOf } from './sandbox.ts';

/** A shop: OTPs below `/api`, guarded payouts at `/payouts`. */
export type Shop = (
  client: OtpClient,
  guardOptions: <Request>() => GuardOptions<Request>,
) => RequestListener | Promise<RequestListener>;

const PAID = { paid: true };

const onExpress =
  (before: express.RequestHandler[]): Shop =>
  (client, guardOptions) => {
    const app = express();
    const handler = otpHandler({
      client,
      customer: (_request, { headers }: ExpressRequest) => customerOf(headers.cookie),
      transaction: (_request, payout) => transactionOf(payout),
    });
    const guard = requireOnExpress({
      ...guardOptions<ExpressRequest>(),
      expectMobile: ({ headers }) => customerOf(headers.cookie)?.mobile,
      transaction: ({ body }) => transactionOf(body),
    });
    app.set('env', 'test').use('/api', ...before, otpMiddleware(handler));
    return app.post('/payouts', express.json(), guard, (_request, response) => void response.status(201).json(PAID));
  };

const onKoa =
  (before: readonly Koa.Middleware[]): Shop =>
  (client, guardOptions) => {
    const app = new Koa();
    app.silent = true;
    const handler = otpHandler({
      client,
      basePath: '/api',
      customer: (_request, context: KoaContext) => customerOf(context.get('cookie')),
      transaction: (_request, payout) => transactionOf(payout),
    });
    const guard = requireOnKoa({
      ...guardOptions<KoaContext>(),
      expectMobile: (context) => customerOf(context.get('cookie'))?.mobile,
      transaction: ({ request }) => transactionOf(request.body),
    });
    for (const middleware of before) app.use(middleware);
    app.use(otpMiddlewareForKoa(handler)).use(bodyParser()).use(guard);
    app.use((context) => {
      context.status = 201;
      context.body = PAID;
    });
    const callback = app.callback();
    return (request, response) => void callback(request, response);
  };

const onFastify: Shop = async (client, guardOptions) => {
  const app = fastify();
  const handler = otpHandler({
    client,
    basePath: '/api',
    customer: (_request, { headers }: FastifyRequest) => customerOf(headers.cookie),
    transaction: (_request, payout) => transactionOf(payout),
  });
  const guard = requireOnFastify({
    ...guardOptions<FastifyRequest>(),
    expectMobile: ({ headers }) => customerOf(headers.cookie)?.mobile,
    transaction: ({ body }) => transactionOf(body),
  });
  app.all('/api/otp*', otpRouteForFastify(handler));
  app.post('/payouts', { preHandler: guard }, async (_request, reply) => reply.code(201).send(PAID));
  await app.ready();
  return (request, response) => app.routing(request, response);
};

const onHono: Shop = (client, guardOptions) => {
  const app = new Hono();
  const handler = otpHandler({
    client,
    customer: (_request, context: HonoContext) => customerOf(context.req.header('cookie')),
    transaction: (_request, payout) => transactionOf(payout),
  });
  const guard = requireOnHono({
    ...guardOptions<HonoContext>(),
    expectMobile: ({ req }) => customerOf(req.header('cookie'))?.mobile,
    transaction: async ({ req }) => transactionOf(await req.json()),
  });
  app.all('/api/otp/*', async (context) => handler(context.req.raw, context));
  app.post('/payouts', guard, (context) => context.json(PAID, 201));
  app.onError((_error, context) => context.text('Internal Server Error', 500));
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (request, response) => void listener(request, response);
};

/** As Next.js has it: a module for each path, which exports a function for each method. */
const onNext: Shop = (client, guardOptions) => {
  const cookieOf = ({ headers }: Request): string | null => headers.get('cookie');
  const POST = otpHandler({
    client,
    customer: (request) => customerOf(cookieOf(request)),
    transaction: (_request, payout) => transactionOf(payout),
  });
  const pay = withVerifiedMobile(() => Response.json(PAID, { status: 201 }), {
    ...guardOptions<Request>(),
    expectMobile: (request) => customerOf(cookieOf(request))?.mobile,
    transaction: async (request) => transactionOf(await request.clone().json()),
  });
  const routes: Record<string, Record<string, (request: Request) => Promise<Response>>> = {
    '/api/otp': { POST },
    '/api/otp/verify': { POST },
    '/payouts': { POST: pay },
  };
  const route = async (request: Request): Promise<Response> => {
    const methods = routes[new URL(request.url).pathname] ?? {};
    return methods[request.method]?.(request) ?? new Response(null, { status: 405 });
  };
  const errorHandler = (): Response => new Response(null, { status: 500 });
  const listener = getRequestListener(route, { overrideGlobalObjects: false, errorHandler });
  return (request, response) => void listener(request, response);
};

export const SHOPS: readonly [string, Shop][] = [
  ['Express', onExpress([])],
  ['Express after express.json()', onExpress([express.json()])],
  ['Koa', onKoa([])],
  ['Koa after its body parser', onKoa([bodyParser()])],
  ['Fastify', onFastify],
  ['Hono', onHono],
  ['Next.js', onNext],
];
