import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import { describeGuardAdapter } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/koa';
import Koa, { type Context } from 'koa';
import { describe, it } from 'vitest';
import { supertestService } from '../../../.config/testing/supertest-service.ts';

describeGuardAdapter<Context>(
  { describe, it },
  {
    name: 'Koa 3',
    headerOf: (ctx, name) => ctx.get(name),
    createService: (options, handle) => {
      const app = new Koa();
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
