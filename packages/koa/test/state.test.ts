import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/koa';
import Koa from 'koa';
import supertest from 'supertest';
import { expect, it } from 'vitest';

const issuer = createTestIssuer();
const options = () => ({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() });

it('shows the proof in ctx.state.verifiedMobile', async () => {
  const app = new Koa();
  app.use(requireVerifiedMobile(options()));
  app.use((ctx) => void (ctx.body = { same: ctx.state['verifiedMobile'] === getVerifiedMobile(ctx) }));
  const { body } = await supertest(app.callback()).get('/').set('otp-verification-token', issuer.mint());
  expect(body).toEqual({ same: true });
});

it('does not take ctx.state.verifiedMobile for a proof', async () => {
  const app = new Koa();
  app.silent = true;
  app.use((ctx) => {
    ctx.state['verifiedMobile'] = { mobile: '+919876543210' };
    ctx.body = getVerifiedMobile(ctx);
  });
  const { status, text } = await supertest(app.callback()).get('/');
  expect({ status, text }).toEqual({ status: 500, text: 'Internal Server Error' });
});

it('fails no request after its token was consumed, if ctx.state takes no property', async () => {
  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.state = Object.freeze({});
    await next();
  });
  app.use(requireVerifiedMobile(options()));
  app.use((ctx) => void (ctx.body = getVerifiedMobile(ctx).mobile));
  const { text } = await supertest(app.callback()).get('/').set('otp-verification-token', issuer.mint());
  expect(text).toBe('+919002336768');
});
