import type { RequestListener } from 'node:http';
import type { TestAlgorithm } from '@verified-mobile/core/testing';
import { requireVerifiedMobile } from '@verified-mobile/koa';
import Koa, { type Middleware } from 'koa';
import koaJwt from 'koa-jwt';
import { BARE, BY_HAND, OURS, SIGNATURE } from './contenders.ts';
import { type Duty, guardOptions, oneTime, signatureCheck, writtenByHand } from './duties.ts';
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
  switch (name) {
    case BARE:
      return undefined;
    case SIGNATURE:
      return duty(signatureCheck(jwk, algorithm));
    case BY_HAND:
      return duty(await writtenByHand(jwk, algorithm));
    case OURS:
      return requireVerifiedMobile(guardOptions(jwk, algorithm));
    case 'koa-jwt':
      return withKoaJwt(jwk, algorithm);
    default:
      throw new Error(`no ${name} on Koa`);
  }
}

function duty(passes: Duty): Middleware {
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
