import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { TestAlgorithm } from '@verified-mobile/core/testing';
import { requireVerifiedMobile } from '@verified-mobile/hono';
import { Hono, type MiddlewareHandler } from 'hono';
import { jwt, type JwtVariables } from 'hono/jwt';
import { BARE, OURS } from './contenders.ts';
import { commonCheck, type Check, guardOptions, oneTime } from './checks.ts';
import { AUDIENCE, ISSUER, type PublishedKey } from './keys.ts';

export async function honoApp(name: string, jwk: PublishedKey, algorithm: TestAlgorithm): Promise<RequestListener> {
  const app = new Hono();
  for (const middleware of await middlewareFor(name, jwk, algorithm)) app.use('/payouts', middleware);
  app.post('/payouts', (c) => c.json({ paid: true }, 201));
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (req, res) => void listener(req, res);
}

async function middlewareFor(name: string, jwk: PublishedKey, algorithm: TestAlgorithm): Promise<MiddlewareHandler[]> {
  const common = await commonCheck(name, jwk, algorithm);
  if (common !== undefined) return [checking(common)];
  if (name === BARE) return [];
  return name === OURS ? [requireVerifiedMobile(guardOptions(jwk, algorithm))] : withHonoJwt(jwk, algorithm);
}

function checking(passes: Check): MiddlewareHandler {
  return async (c, next) => {
    const token = String(c.req.header('otp-verification-token'));
    const passed = await Promise.resolve(passes(token)).catch(() => false);
    if (!passed) return c.body(null, 401);
    await next();
    return undefined;
  };
}

function withHonoJwt(jwk: PublishedKey, algorithm: TestAlgorithm): MiddlewareHandler[] {
  const isFirstUse = oneTime();
  const once: MiddlewareHandler<{ Variables: JwtVariables<{ jti?: unknown }> }> = async (c, next) => {
    if (!isFirstUse(c.get('jwtPayload').jti)) return c.body(null, 401);
    await next();
    return undefined;
  };
  return [jwt({ secret: { ...jwk }, alg: algorithm, verification: { iss: ISSUER, aud: AUDIENCE } }), once];
}
