import type { RequestListener } from 'node:http';
import type { TestAlgorithm } from '@verified-mobile/core/testing';
import { requireVerifiedMobile } from '@verified-mobile/koa';
import Koa, { type Middleware } from 'koa';
import koaJwt from 'koa-jwt';
import { BARE, OURS } from './contenders.ts';
import { commonCheck, type Check, guardOptions, oneTime } from './checks.ts';
import { AUDIENCE, ISSUER, keyObject, type PublishedKey } from './keys.ts';

export async function koaApp(name: string, jwk: PublishedKey, algorithm: TestAlgorithm): Promise<RequestListener> {
  const app = new Koa();
  const middleware = await middlewareFor(name, jwk, algorithm);
  if (middleware !== undefined) app.use(middleware);
  app.use((ctx) => {
    ctx.status = 201;
    ctx.body = { paid: true };
  });
  const listener = app.callback();
  return (req, res) => void listener(req, res);
}

async function middlewareFor(
  name: string,
  jwk: PublishedKey,
  algorithm: TestAlgorithm,
): Promise<Middleware | undefined> {
  const common = await commonCheck(name, jwk, algorithm);
  if (common !== undefined) return checking(common);
  if (name === BARE) return undefined;
  return name === OURS ? requireVerifiedMobile(guardOptions(jwk, algorithm)) : withKoaJwt(jwk, algorithm);
}

function checking(passes: Check): Middleware {
  return async (ctx, next) => {
    const passed = await Promise.resolve(passes(String(ctx.headers['otp-verification-token']))).catch(() => false);
    if (passed) await next();
    else ctx.status = 401;
  };
}

function withKoaJwt(jwk: PublishedKey, algorithm: TestAlgorithm): Middleware {
  const isFirstUse = oneTime();
  const key = keyObject(jwk);
  return koaJwt({
    secret: algorithm === 'HS256' ? key.export() : key.export({ type: 'spki', format: 'pem' }),
    algorithms: [algorithm],
    issuer: ISSUER,
    audience: AUDIENCE,
    getToken: (ctx) => String(ctx.headers['otp-verification-token']),
    isRevoked: async (_ctx, decoded) => Promise.resolve(!isFirstUse((decoded as { jti?: unknown }).jti)),
  });
}
