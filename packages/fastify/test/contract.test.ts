import { describeGuardAdapter } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/fastify';
import fastify, { type FastifyRequest } from 'fastify';
import { describe, it } from 'vitest';

describeGuardAdapter<FastifyRequest>(
  { describe, it },
  {
    name: 'Fastify 5',
    headerOf: (request, name) => request.headers[name] as string | undefined,
    createService: (options, handle) => {
      const app = fastify();
      const preHandler = requireVerifiedMobile(options);
      const answer = async (request: FastifyRequest): Promise<unknown> => handle(() => getVerifiedMobile(request));
      app.post('/payouts', { preHandler, schema: {} }, async (request, reply) =>
        reply.code(201).send(await answer(request)),
      );
      app.get('/payouts', { preHandler }, () => []);
      app.options('/payouts', { preHandler }, async (_request, reply) => reply.code(204).send());
      app.post('/unguarded', async (request, reply) => reply.code(201).send(await answer(request)));
      return async ({ method, path, headers, body }) => {
        const response = await app.inject({
          method: method as 'POST',
          url: path,
          headers: headers as Record<string, string | string[]>,
          ...(body !== undefined && { payload: body as object }),
        });
        return {
          status: response.statusCode,
          headers: response.headers as Record<string, string>,
          body: response.body,
        };
      };
    },
  },
);
