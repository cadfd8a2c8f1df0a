import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { describeGuardAdapter, type TestService } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/hono';
import { fetchService } from '@verified-mobile/test-support/fetch-service';
import { supertestService } from '@verified-mobile/test-support/supertest-service';
import { type Context, Hono } from 'hono';
import { describe, it } from 'vitest';

const hosts: Record<string, (app: Hono) => TestService> = {
  'Hono 4': (app) => fetchService(async (request) => app.fetch(request)),
  'Hono 4 on Node': (app) => {
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
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
