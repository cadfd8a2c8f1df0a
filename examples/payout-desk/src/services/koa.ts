import { bodyParser } from '@koa/bodyparser';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/koa';
import Koa, { type Context } from 'koa';
import { ATTEMPT_HEADER, attempts, guardOptionsFor, type Trusted } from '../guard-options.ts';
import type { PayoutBook } from '../payout-book.ts';

/** `POST /payouts` on Koa. Awaits the issuer's keys. */
export async function createKoaService(trusted: Trusted, book: PayoutBook): Promise<Koa> {
  const verifiedMobile = requireVerifiedMobile(
    guardOptionsFor<Context>('koa', trusted, {
      body: (ctx) => ctx.request.body,
      idempotencyKey: (ctx) => ctx.get('idempotency-key'),
    }),
  );
  const pay = (ctx: Context): void => {
    const { status, body } = book.settle(getVerifiedMobile(ctx), ctx.request.body);
    ctx.status = status;
    ctx.body = body;
  };
  const app = new Koa();
  app.use(bodyParser({ onError: (_error, ctx) => ctx.throw(400, 'The body cannot be read') }));
  app.use(async (ctx, next) => {
    if (ctx.method !== 'POST' || ctx.path !== '/payouts') return next();
    return attempts.run(ctx.get(ATTEMPT_HEADER), async () => verifiedMobile(ctx, async () => pay(ctx)));
  });
  await verifiedMobile.ready();
  return app;
}
