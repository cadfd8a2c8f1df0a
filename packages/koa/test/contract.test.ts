import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import { describeGuardAdapter } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/koa';
import Koa, { type Context } from 'koa';
import Koa2 from 'koa-previous';
import { describe, it } from 'vitest';
import { supertestService } from '@verified-mobile/test-support/supertest-service';

const versions = { 'Koa 3': Koa, 'Koa 2': Koa2 };

for (const [name, Framework] of Object.entries(versions)) {
  describeGuardAdapter<Context>(
    { describe, it },
    {
      name,
      headerOf: (ctx, header) => ctx.get(header),
      createService: (options, handle) => {
        const app = new Framework();
        const guard = requireVerifiedMobile(options);
        app.silent = true;
        app.use(bodyParser());
        app.use(async (ctx, next) => (ctx.path === '/payouts' ? guard(ctx, next) : next()));
        app.use((ctx) => {
          if (ctx.method === 'POST') {
            ctx.body = handle(() => getVerifiedMobile(ctx));
            ctx.status = 201;
          } else if (ctx.method === 'OPTIONS') {
            ctx.status = 204;
          } else {
            ctx.body = [];
          }
        });
        const listener = app.callback();
        return supertestService((req: IncomingMessage, res: ServerResponse) => void listener(req, res));
      },
    },
  );
}
