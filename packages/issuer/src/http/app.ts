import { WIRE_PATHS } from '@verified-mobile/client';
import { Hono } from 'hono';
import type { Runtime } from '../setup/runtime.ts';
import { acceptedAt } from '../lib/rotation.ts';
import { authenticate } from './authenticate.ts';
import { awaitLedger } from './await-ledger.ts';
import { refuseMethod, refuseRequest } from './envelope.ts';
import { readJsonBody } from './json-body.ts';
import { messageCall } from './message-call.ts';
import { checkMessageSignature } from './message-signature.ts';
import { openApiDocument } from './openapi.ts';
import { sendOtpCall, verifyOtpCall } from './otp-calls.ts';
import { CONSUME_PATH, HEALTH_PATH, JWKS_PATH, OPENAPI_PATH, READY_PATH, RECEIPTS_PATH, USAGE_PATH } from './paths.ts';
import { readiness } from './readiness.ts';
import { receiptsCall } from './receipts-call.ts';
import { recordRefusal, requestContext, type RequestEnvironment } from './request-context.ts';
import { consumeTokenCall, validateTokenCall } from './token-calls.ts';
import { usageCall } from './usage-call.ts';

/** For how long guards and proxies may keep the keys: short, so that a new key is known before it signs. */
const JWKS_MAX_AGE_SECONDS = 60;

type App = Hono<RequestEnvironment>;

/** The routes of the issuer: one table of what answers where. */
export function createApp(runtime: Runtime, ready: () => Promise<void>): App {
  const app: App = new Hono();
  app.use(requestContext(runtime));
  if (runtime.options.ledgerWrites === 'before-answer') app.use(awaitLedger);
  app.notFound((context) => refuseRequest(context, 'wrongUrl'));
  app.onError((error, context) => {
    runtime.reportFault({ during: 'request', error });
    recordRefusal(context, runtime, { reason: 'internal' });
    return refuseRequest(context, 'internal');
  });
  addPublicRoutes(app, runtime, ready);
  app.route(runtime.options.basePath, calls(runtime));
  return app;
}

function addPublicRoutes(app: App, { options, inForce, reportFault }: Runtime, ready: () => Promise<void>): void {
  const document = openApiDocument(options.issuer, options.basePath);
  app.get(HEALTH_PATH, (context) => context.json({ status: 'ok' }));
  app.get(READY_PATH, readiness(ready, reportFault));
  app.get(OPENAPI_PATH, (context) => context.json(document));
  app.get(JWKS_PATH, (context) => {
    context.header('cache-control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
    const published = acceptedAt(inForce().signingKeys, options.clock());
    return context.json({ keys: published.map((key) => key.publicJwk) });
  });
  app.on('ALL', [HEALTH_PATH, READY_PATH, OPENAPI_PATH, JWKS_PATH], refuseMethod('GET, HEAD'));
}

function calls(runtime: Runtime): App {
  const routes: App = new Hono();
  const [authenticated, signed] = [authenticate(runtime), checkMessageSignature(runtime)];
  const withBody = [authenticated, readJsonBody, signed] as const;
  const withQuery = [authenticated, signed] as const;
  const { sendOtp, verifyOtp, validateToken, messages } = WIRE_PATHS;
  routes.post(sendOtp, ...withBody, sendOtpCall(runtime));
  routes.put(verifyOtp, ...withBody, verifyOtpCall(runtime));
  routes.get(validateToken, ...withQuery, validateTokenCall(runtime));
  routes.post(validateToken, ...withBody, validateTokenCall(runtime));
  routes.get(USAGE_PATH, ...withQuery, usageCall(runtime));
  routes.get(`${messages}/:tid`, ...withQuery, messageCall(runtime));
  routes.on(['GET', 'POST'], `${RECEIPTS_PATH}/:route`, receiptsCall(runtime));
  routes.all(sendOtp, refuseMethod('POST'));
  routes.all(verifyOtp, refuseMethod('PUT'));
  routes.all(validateToken, refuseMethod('GET, HEAD, POST'));
  routes.all(USAGE_PATH, refuseMethod('GET, HEAD'));
  routes.all(`${messages}/:tid`, refuseMethod('GET, HEAD'));
  routes.all(`${RECEIPTS_PATH}/:route`, refuseMethod('GET, POST'));
  if (!runtime.canConsume) return routes;
  routes.post(CONSUME_PATH, ...withBody, consumeTokenCall(runtime));
  return routes.all(CONSUME_PATH, refuseMethod('POST')) as App;
}
