import { Hono } from 'hono';
import { refuseMethod } from '../http/envelope.ts';
import { readJsonBody } from '../http/json-body.ts';
import { OPENAPI_PATH } from '../http/paths.ts';
import type { RequestEnvironment } from '../http/request-context.ts';
import { clockControl, fromOwnPages } from './controls.ts';
import type { Life } from './life.ts';
import { sandboxDocument } from './openapi.ts';
import type { SandboxOptions } from './options.ts';
import { sandboxPage } from './page.ts';
import { CLOCK_PATH, EVENTS_PATH, INBOX_PATH, RESET_PATH } from './paths.ts';
import { readMessages } from './read-messages.ts';

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
  app.get(INBOX_PATH, (context) => {
    const { status, body } = readMessages(life.world().inbox, context.req.query('mobile'));
    return context.json(body, status);
  });
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
