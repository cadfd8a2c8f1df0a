import '@verified-mobile/fastify/augment';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/fastify';
import fastify from 'fastify';
import { expect, it } from 'vitest';

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
