import { ResponseType } from '@verified-mobile/client';
import { normaliseMobile } from '@verified-mobile/core';
import { Hono } from 'hono';
import { refusalEnvelope, refuseMethod } from '../http/envelope.ts';
import { MOBILE_TAKES } from '../http/fields.ts';
import { readJsonBody } from '../http/json-body.ts';
import { OPENAPI_PATH } from '../http/paths.ts';
import type { RequestContext, RequestEnvironment } from '../http/request-context.ts';
import { clockControl, fromOwnPages } from './controls.ts';
import type { Inbox } from './inbox.ts';
import type { Life } from './life.ts';
import { sandboxDocument } from './openapi.ts';
import type { SandboxOptions } from './options.ts';
import { sandboxPage } from './page.ts';
import { CLOCK_PATH, EVENTS_PATH, INBOX_PATH, RESET_PATH } from './paths.ts';

/** What the sandbox answers itself; all else is its issuer's. */
export function sandboxRoutes(
  { publicUrl, basePath, payoutUrls }: Required<SandboxOptions>,
  life: Life,
): Hono<RequestEnvironment> {
  const app = new Hono<RequestEnvironment>();
  const control = [fromOwnPages(publicUrl), readJsonBody] as const;
  const document = sandboxDocument(publicUrl, basePath);
  app.use('/sandbox/*', async (context, next) => {
    context.header('cache-control', 'no-store');
    return next();
  });
  app.get('/', sandboxPage({ publicUrl, apiUrl: publicUrl + basePath, payoutUrls }));
  app.get(OPENAPI_PATH, (context) => context.json(document));
  app.get(INBOX_PATH, (context) => answerMessages(context, life.world().inbox));
  app.get(EVENTS_PATH, (context) => {
    context.header('content-type', 'text/event-stream');
    return context.body(life.readEvents(context.req.header('last-event-id')));
  });
  app.post(CLOCK_PATH, ...control, clockControl(life.advanceClock));
  app.post(RESET_PATH, ...control, (context) => context.json(life.reset()));
  app.on('ALL', ['/', INBOX_PATH, EVENTS_PATH], refuseMethod('GET, HEAD'));
  app.on('ALL', [CLOCK_PATH, RESET_PATH], refuseMethod('POST'));
  app.all('*', async (context) => life.world().issuer.fetch(context.req.raw, context.env));
  return app;
}

function answerMessages(context: RequestContext, inbox: Inbox): Response {
  const spelling = context.req.query('mobile');
  const mobile = normaliseMobile(spelling);
  if (spelling !== undefined && mobile === undefined) {
    return context.json(refusalEnvelope(ResponseType.none, `mobile must be ${MOBILE_TAKES}.`), 400);
  }
  return context.json({ messages: inbox.messages(mobile) });
}
