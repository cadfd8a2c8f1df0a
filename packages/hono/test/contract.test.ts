import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { describeGuardAdapter, type TestRequest, type TestService } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile, withVerifiedMobile } from '@verified-mobile/hono';
import { supertestService } from '@verified-mobile/test-support/supertest-service';
import { type Context, Hono } from 'hono';
import { describe, it } from 'vitest';

const hosts: Record<string, (app: Hono) => TestService> = {
  'Hono 4': (app) => fetchService(async (request) => app.fetch(request)),
  'Hono 4 on Node': (app) => {
    const listener = getRequestListener(app.fetch);
    return supertestService((req: IncomingMessage, res: ServerResponse) => void listener(req, res));
  },
};

for (const [name, serve] of Object.entries(hosts)) {
  describeGuardAdapter<Context>(
    { describe, it },
    {
      name,
      headerOf: (c, header) => c.req.header(header),
      createService: (options, handle) => {
        const app = new Hono();
        app.onError((_error, c) => c.text('', 500));
        app.use(async (c, next) => {
          if (c.req.header('content-type') === 'application/json') await c.req.json();
          await next();
        });
        app.use('/payouts', requireVerifiedMobile(options));
        app.on('POST', ['/payouts', '/unguarded'], (c) => c.json(handle(() => getVerifiedMobile(c)) as object, 201));
        app.get('/payouts', (c) => c.json([]));
        app.options('/payouts', (c) => c.body(null, 204));
        return serve(app);
      },
    },
  );
}

describeGuardAdapter<Request>(
  { describe, it },
  {
    name: 'a handler from Request to Response',
    headerOf: (request, name) => request.headers.get(name) ?? undefined,
    createService: (options, handle) => {
      const bodies = new WeakMap<Request, { otp_verification_token?: unknown }>();
      const answer = (request: Request): Response => {
        if (request.method === 'OPTIONS') return new Response(null, { status: 204 });
        if (request.method !== 'POST') return Response.json([]);
        return Response.json(
          handle(() => getVerifiedMobile(request)),
          { status: 201 },
        );
      };
      const guarded = withVerifiedMobile(answer, {
        token: [
          { header: 'otp-verification-token' },
          (request: Request) => bodies.get(request)?.otp_verification_token,
        ],
        ...options,
      });
      return fetchService(async (request) => {
        bodies.set(request, request.body === null ? {} : ((await request.clone().json()) as object));
        try {
          return await (request.url.endsWith('/payouts') ? guarded(request) : answer(request));
        } catch {
          return new Response(null, { status: 500 });
        }
      });
    },
  },
);

function fetchService(answer: (request: Request) => Promise<Response>): TestService {
  return async ({ method, path, headers, body }: TestRequest) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((line) => [name, line]));
    if (body !== undefined) lines.push(['content-type', 'application/json']);
    const request = new Request(`http://desk.test${path}`, { method, headers: lines as [string, string][], ...json });
    const response = await answer(request);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: method === 'HEAD' ? '' : await response.text(),
    };
  };
}
