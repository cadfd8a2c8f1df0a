import type { RequestListener } from 'node:http';
import fastifyJwt from '@fastify/jwt';
import type { TestAlgorithm } from '@verified-mobile/core/testing';
import { requireVerifiedMobile } from '@verified-mobile/fastify';
import fastify, { type FastifyInstance, type preHandlerAsyncHookHandler } from 'fastify';
import { BARE, OURS } from './contenders.ts';
import { commonCheck, type Check, guardOptions, oneTime } from './checks.ts';
import { AUDIENCE, ISSUER, keyObject, type PublishedKey } from './keys.ts';

export async function fastifyApp(name: string, jwk: PublishedKey, algorithm: TestAlgorithm): Promise<RequestListener> {
  const app = fastify();
  const preHandler = await preHandlerFor(app, name, jwk, algorithm);
  app.post('/payouts', { ...(preHandler && { preHandler }) }, (_request, reply) =>
    reply.code(201).send({ paid: true }),
  );
  await app.ready();
  return (req, res) => app.routing(req, res);
}

async function preHandlerFor(
  app: FastifyInstance,
  name: string,
  jwk: PublishedKey,
  algorithm: TestAlgorithm,
): Promise<preHandlerAsyncHookHandler | undefined> {
  const common = await commonCheck(name, jwk, algorithm);
  if (common !== undefined) return checking(common);
  if (name === BARE) return undefined;
  return name === OURS ? requireVerifiedMobile(guardOptions(jwk, algorithm)) : withFastifyJwt(app, jwk, algorithm);
}

function checking(passes: Check): preHandlerAsyncHookHandler {
  return async (request, reply) => {
    const token = String(request.headers['otp-verification-token']);
    const passed = await Promise.resolve(passes(token)).catch(() => false);
    return passed ? undefined : reply.code(401).send();
  };
}

async function withFastifyJwt(
  app: FastifyInstance,
  jwk: PublishedKey,
  algorithm: TestAlgorithm,
): Promise<preHandlerAsyncHookHandler> {
  const isFirstUse = oneTime();
  const key = keyObject(jwk);
  const secret = algorithm === 'HS256' ? key.export() : { public: key.export({ type: 'spki', format: 'pem' }) };
  await app.register(fastifyJwt, {
    secret,
    verify: {
      algorithms: [algorithm],
      allowedIss: ISSUER,
      allowedAud: AUDIENCE,
      extractToken: (request) => String(request.headers['otp-verification-token']),
    },
    trusted: (_request, decoded) => isFirstUse((decoded as { jti?: unknown }).jti),
  });
  return async (request, reply) => {
    try {
      await request.jwtVerify();
      return undefined;
    } catch {
      return reply.code(401).send();
    }
  };
}
