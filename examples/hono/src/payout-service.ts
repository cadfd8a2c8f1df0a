import { randomUUID } from 'node:crypto';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/hono';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { validator } from 'hono/validator';

/** A payout service. Each payout takes a mobile verified within the last five minutes, and uses that proof up. */
export async function createPayoutService(): Promise<Hono> {
  const verifiedMobile = requireVerifiedMobile();
  const app = new Hono();

  // The body is read before the guard, which finds a token there too.
  const readBody = validator('json', (body: Record<string, unknown> | null) => body ?? {});
  app.post('/payouts', readBody, verifiedMobile, (c) => {
    const { mobile, proofId } = getVerifiedMobile(c);
    const { amount, currency, account, ifsc } = c.req.valid('json');
    return c.json({ payoutId: randomUUID(), proofId, mobile, amount, currency, account, ifsc }, 201);
  });

  app.onError((error, c) => {
    const status = error instanceof HTTPException ? error.status : 500;
    return c.json({ status, title: status < 500 ? 'The body cannot be read' : 'Internal error' }, status);
  });
  await verifiedMobile.ready();
  return app;
}
