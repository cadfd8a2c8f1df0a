import '@verified-mobile/fastify/augment';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';

const issuer = createTestIssuer();
const preHandler = () => requireVerifiedMobile({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() });

it('shows the proof in request.verifiedMobile, typed by the import of augment', async () => {
  const app = fastify();
  app.get('/', { preHandler: preHandler() }, ({ verifiedMobile, ...rest }) => verifiedMobile?.mobile ?? rest);
  const { body } = await app.inject({ url: '/', headers: { 'otp-verification-token': issuer.mint() } });
  expect(body).toBe('+919002336768');
});

it('does not take request.verifiedMobile for a proof', async () => {
  const app = fastify();
  app.get('/', (request) =>
    getVerifiedMobile(Object.assign(request, { verifiedMobile: { mobile: '+919876543210' } as never })),
  );
  expect((await app.inject('/')).statusCode).toBe(500);
});

it('guards a whole plugin as a hook', async () => {
  const app = fastify();
  app.addHook('preHandler', preHandler());
  app.get('/a', (request) => getVerifiedMobile(request).mobile);
  const token = issuer.mint();
  const get = async () => app.inject({ url: '/a', headers: { 'otp-verification-token': token } });
  expect((await get()).statusCode).toBe(200);
  expect((await get()).json()).toMatchObject({ code: 'otp_token_used' });
});

describe('a property named verifiedMobile that another plugin has put on requests', () => {
  const taken = (): never => {
    throw new Error('taken');
  };

  it.each<[string, (app: FastifyInstance) => unknown]>([
    ['a getter', (app) => app.decorateRequest('verifiedMobile', { getter: taken })],
    ['a setter that throws', (app) => app.decorateRequest('verifiedMobile', { getter: taken, setter: taken })],
    ['a value', (app) => app.decorateRequest('verifiedMobile')],
  ])('fails no request after its token was consumed: %s', async (_name, decorate) => {
    const app = fastify();
    decorate(app);
    app.get('/', { preHandler: preHandler() }, (request) => getVerifiedMobile(request).mobile);
    const { statusCode, body } = await app.inject({ url: '/', headers: { 'otp-verification-token': issuer.mint() } });
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: '+919002336768' });
  });
});

describe('a hook of the whole app, and a request for no route', () => {
  it('burns no token on it', async () => {
    const app = fastify();
    app.addHook('preHandler', preHandler());
    app.post('/payouts', (request) => getVerifiedMobile(request).mobile);
    const headers = { 'otp-verification-token': issuer.mint() };
    expect((await app.inject({ method: 'POST', url: '/payout', headers })).statusCode).toBe(404);
    expect((await app.inject({ method: 'POST', url: '/payouts', headers })).statusCode).toBe(200);
  });

  it('lets it reach no handler for what is not found, with a token or without one', async () => {
    const app = fastify();
    const reached: string[] = [];
    app.addHook('preHandler', preHandler());
    app.setNotFoundHandler((request) => reached.push(request.url));
    for (const headers of [{}, { 'otp-verification-token': issuer.mint() }]) {
      expect((await app.inject({ method: 'POST', url: '/payout', headers })).statusCode).toBe(404);
    }
    expect(reached).toEqual([]);
  });
});
