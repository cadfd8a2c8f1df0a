import { WIRE_PATHS } from '@verified-mobile/client';
import { Hono } from 'hono';
import type { ResolvedIssuer } from '../setup/resolve-options.ts';
import { authenticate } from './authenticate.ts';
import { refuseMethod, refuseRequest } from './envelope.ts';
import { type BodyEnvironment, readJsonBody } from './json-body.ts';
import { sendOtpCall, validateTokenCall, verifyOtpCall } from './otp-calls.ts';

export const JWKS_PATH = '/.well-known/jwks.json';
export const HEALTH_PATH = '/health';
/** For how long guards and proxies may keep the keys: short, so that a new key is known before it signs. */
const JWKS_MAX_AGE_SECONDS = 60;

/** The routes of the issuer: one table of what answers where. */
export function createApp({ basePath, accounts, timestampWindowMs, signingKeys, ports }: ResolvedIssuer): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    // Answers hold tokens, and Validate Token has one in its URL.
    context.header('cache-control', 'no-store');
    await next();
  });
  app.notFound((context) => refuseRequest(context, 'wrongUrl'));
  app.onError((error, context) => {
    ports.reportFault({ during: 'request', error });
    return refuseRequest(context, 'internal');
  });

  app.get(HEALTH_PATH, (context) => context.json({ status: 'ok' }));
  app.get(JWKS_PATH, (context) => {
    context.header('cache-control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
    return context.json({ keys: signingKeys.map((key) => key.publicJwk) });
  });
  app.on('ALL', [HEALTH_PATH, JWKS_PATH], refuseMethod('GET, HEAD'));

  const calls = new Hono<BodyEnvironment>();
  const authenticated = authenticate({ accounts, timestampWindowMs, now: ports.now });
  calls.post(WIRE_PATHS.sendOtp, authenticated, readJsonBody, sendOtpCall(ports));
  calls.put(WIRE_PATHS.verifyOtp, authenticated, readJsonBody, verifyOtpCall(ports));
  calls.get(WIRE_PATHS.validateToken, authenticated, validateTokenCall(ports));
  calls.all(WIRE_PATHS.sendOtp, refuseMethod('POST'));
  calls.all(WIRE_PATHS.verifyOtp, refuseMethod('PUT'));
  calls.all(WIRE_PATHS.validateToken, refuseMethod('GET, HEAD'));
  app.route(basePath, calls);
  return app;
}
