import { type OtpClient, OtpApiError, otpHandler } from '@verified-mobile/client';
import type { Sandbox } from '@verified-mobile/issuer/sandbox';
import type { FetchHandler } from '@verified-mobile/issuer/node';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { CUSTOMER, transactionOf } from './demo.ts';
import { browserModule, pageFile } from './page-files.ts';
import type { PayoutCall } from './payout-calls.ts';
import type { Tries } from './tries.ts';

export interface FrontDoorSettings {
  readonly sandbox: Sandbox;
  readonly client: OtpClient;
  readonly pay: PayoutCall;
  readonly tries: Tries;
}

const LARGEST_BODY_BYTES = 16 * 1024;

/** The page, the back end of its own that it calls, and behind both the sandbox. */
export function frontDoor({ sandbox, client, pay, tries }: FrontDoorSettings): FetchHandler {
  const app = new Hono();
  const own = [fromOwnPage, bodyLimit({ maxSize: LARGEST_BODY_BYTES })] as const;
  app.get('/', async (c) => pageFile('index.html') ?? c.notFound());
  app.get('/page/:file', async (c) => pageFile(c.req.param('file')) ?? c.notFound());
  app.get('/verified-mobile/:file', async (c) => browserModule(c.req.param('file')) ?? c.notFound());
  app.get('/endpoints', async (c) => sandbox.fetch(new Request(new URL('/', c.req.url))));
  app.on('POST', ['/otp', '/otp/verify'], otpRoute(client, sandbox));
  app.post('/payouts', ...own, async (c) => payOnExpress(c, pay, tries));
  app.get('/tries', (c) => c.json({ isIssuerDown: tries.isIssuerDown() }));
  app.post('/tries/:name', ...own, async (c) => answerTry(c, tries));
  app.all('*', async (c) => {
    const isControl = c.req.path.startsWith('/sandbox/');
    if (tries.isIssuerDown() && !isControl) return c.body(null, 503);
    return sandbox.fetch(c.req.raw, c.env as object);
  });
  return async (request, connection = {}) => app.fetch(request, connection);
}

/** Another site's page must not press this page's buttons. */
const fromOwnPage: MiddlewareHandler = async (c, next) => {
  const site = c.req.header('sec-fetch-site') ?? 'same-origin';
  return site === 'same-origin' ? next() : c.json({ code: 'other_site' }, 403);
};

/** Counts nothing, for who tries things out tries often. The issuer's own limits hold. */
const UNLIMITED = { consume: async (): Promise<void> => undefined };

function otpRoute(client: OtpClient, { guardOptions }: Sandbox): (c: Context) => Promise<Response> {
  const handler = otpHandler({
    client,
    customer: () => CUSTOMER,
    transaction: (_request, payout) => transactionOf(payout),
    rateLimiters: { send: UNLIMITED, verify: UNLIMITED },
  });
  return async (c) => {
    const response = await handler(c.req.raw);
    // By the clock that `expiresAt` is of, or the time left on the page is wrong as soon as the sandbox's is ahead.
    response.headers.set('date', new Date(guardOptions.clock()).toUTCString());
    return response;
  };
}

async function payOnExpress(c: Context, pay: PayoutCall, tries: Tries): Promise<Response> {
  const payout: unknown = await c.req.json().catch(() => undefined);
  const token = c.req.header('otp-verification-token');
  const idempotencyKey = c.req.header('idempotency-key');
  const answer = await pay('express', { attempt: 'pay', payout, token, idempotencyKey });
  if (answer.status === 201 && token && idempotencyKey) tries.remember({ token, idempotencyKey, payout });
  const headers = new Headers();
  for (const name of ['content-type', 'cache-control', 'www-authenticate', 'retry-after']) {
    const value = answer.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(answer.body, { status: answer.status, headers });
}

async function answerTry(c: Context, tries: Tries): Promise<Response> {
  const name = c.req.param('name') ?? '';
  if (!tries.names.includes(name)) return c.notFound();
  try {
    const answers = await tries.run(name);
    return c.json({ answers, isIssuerDown: tries.isIssuerDown() });
  } catch (error) {
    if (!(error instanceof OtpApiError)) throw error;
    return c.json({ code: 'no_token', isIssuerDown: tries.isIssuerDown() }, 503);
  }
}
