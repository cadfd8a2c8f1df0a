import { randomUUID } from 'node:crypto';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/fastify';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';

/** A payout service. Each payout takes a mobile verified within the last five minutes, and uses that proof up. */
export async function createPayoutService(): Promise<FastifyInstance> {
  const verifiedMobile = requireVerifiedMobile();
  const app = fastify();

  app.post('/payouts', { preHandler: verifiedMobile }, (request, reply) => {
    const { mobile, proofId } = getVerifiedMobile(request);
    const { amount, currency, account, ifsc } = (request.body ?? {}) as Record<string, unknown>;
    return reply.code(201).send({ payoutId: randomUUID(), proofId, mobile, amount, currency, account, ifsc });
  });

  app.setErrorHandler<FastifyError>(({ statusCode: status = 500 }, _request, reply) => {
    return reply.code(status).send({ status, title: status < 500 ? 'The body cannot be read' : 'Internal error' });
  });
  await verifiedMobile.ready();
  return app;
}
