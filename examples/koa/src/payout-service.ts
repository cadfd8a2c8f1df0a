import { randomUUID } from 'node:crypto';
import { bodyParser } from '@koa/bodyparser';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/koa';
import Koa, { type Context } from 'koa';

/** A payout service. Each payout takes a mobile verified within the last five minutes, and uses that proof up. */
export async function createPayoutService(options?: Parameters<typeof requireVerifiedMobile>[0]): Promise<Koa> {
  const verifiedMobile = requireVerifiedMobile(options);
  const app = new Koa();
  app.use(bodyParser({ onError: (error, ctx) => ctx.throw(statusOf(error), 'The body cannot be read') }));

  app.use(async (ctx, next) => {
    if (ctx.method === 'POST' && ctx.path === '/payouts') await verifiedMobile(ctx, async () => pay(ctx));
    else await next();
  });

  await verifiedMobile.ready();
  return app;
}

function pay(ctx: Context): void {
  const { mobile, proofId } = getVerifiedMobile(ctx);
  const { amount, currency, account, ifsc } = (ctx.request.body ?? {}) as Record<string, unknown>;
  ctx.status = 201;
  ctx.body = { payoutId: randomUUID(), proofId, mobile, amount, currency, account, ifsc };
}

function statusOf(error: Error & { status?: number }): number {
  return error.status ?? 400;
}
