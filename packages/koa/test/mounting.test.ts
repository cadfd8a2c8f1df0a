import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { requireVerifiedMobile } from '@verified-mobile/koa';
import Koa, { type Middleware } from 'koa';
import Koa2 from 'koa-previous';
import supertest from 'supertest';
import { describe, expect, it } from 'vitest';

const issuer = createTestIssuer();
const preflight = { origin: 'https://desk.test', 'access-control-request-method': 'POST' };

const overrideMethod: Middleware = async (ctx, next) => {
  ctx.method = ctx.get('x-http-method-override') || ctx.method;
  await next();
};

describe.each(Object.entries({ 'Koa 3': Koa, 'Koa 2': Koa2 }))('%s', (_name, Framework) => {
  it.each<[string, Middleware[]]>([
    ['alone', []],
    ['behind a method override', [overrideMethod]],
  ])('pays for no preflight: %s', async (_mount, before) => {
    const app = new Framework();
    const paid: unknown[] = [];
    for (const middleware of before) app.use(middleware);
    app.use(requireVerifiedMobile({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() }));
    app.use((ctx) => {
      paid.push(ctx.method);
      ctx.status = 201;
    });
    const service = app.callback();
    const body = { amount: 2500 };
    expect((await supertest(service).options('/payouts').set(preflight).send(body)).status).toBe(401);
    const overridden = { ...preflight, 'x-http-method-override': 'OPTIONS' };
    expect((await supertest(service).post('/payouts').set(overridden).send(body)).status).toBe(401);
    expect(paid).toEqual([]);
    const headers = { 'otp-verification-token': issuer.mint() };
    expect((await supertest(service).post('/payouts').set(headers).send(body)).status).toBe(201);
  });
});
