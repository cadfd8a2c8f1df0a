import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { requireVerifiedMobile, type VerifiedMobileHook } from '@verified-mobile/fastify';
import fastify, { type FastifyInstance, type RouteHandlerMethod } from 'fastify';
import { expect, it } from 'vitest';

type Mount = (app: FastifyInstance, preHandler: VerifiedMobileHook, pay: RouteHandlerMethod) => unknown;

const issuer = createTestIssuer();
const preflight = { origin: 'https://desk.test', 'access-control-request-method': 'POST' };

it.each<[string, Mount]>([
  ['on app.all', (app, preHandler, pay) => app.all('/payouts', { preHandler }, pay)],
  ['as a hook', (app, preHandler, pay) => app.addHook('preHandler', preHandler).all('/payouts', pay)],
])('pays for no preflight: %s', async (_mount, mount) => {
  const app = fastify();
  const paid: unknown[] = [];
  mount(
    app,
    requireVerifiedMobile({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() }),
    (request, reply) => {
      paid.push(request.method);
      return reply.code(201).send();
    },
  );
  const payout = { url: '/payouts', payload: { amount: 2500 } };
  expect((await app.inject({ ...payout, method: 'OPTIONS', headers: preflight })).statusCode).toBe(401);
  const overridden = { ...preflight, 'x-http-method-override': 'OPTIONS' };
  expect((await app.inject({ ...payout, method: 'POST', headers: overridden })).statusCode).toBe(401);
  expect(paid).toEqual([]);
  const headers = { 'otp-verification-token': issuer.mint() };
  expect((await app.inject({ ...payout, method: 'POST', headers })).statusCode).toBe(201);
});
