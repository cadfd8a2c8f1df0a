import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { requireVerifiedMobile, type VerifiedMobileMiddleware } from '@verified-mobile/hono';
import { type Handler, Hono } from 'hono';
import { methodOverride } from 'hono/method-override';
import { expect, it } from 'vitest';

type Serve = (request: Request) => Response | Promise<Response>;
type Mount = (app: Hono, guard: VerifiedMobileMiddleware, pay: Handler) => unknown;

const issuer = createTestIssuer();
const options = () => ({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() });
const preflight = { origin: 'https://desk.test', 'access-control-request-method': 'POST' };

const onHono =
  (mount: Mount) =>
  (paid: string[]): Serve => {
    const app = new Hono();
    mount(app, requireVerifiedMobile(options()), (c) => {
      paid.push(c.req.method);
      return c.body(null, 201);
    });
    return app.fetch;
  };

it.each<[string, (paid: string[]) => Serve]>([
  ['app.all(path, guard, pay)', onHono((app, guard, pay) => app.all('/payouts', guard, pay))],
  ['app.use(path, guard)', onHono((app, guard, pay) => app.use('/payouts', guard).all('/payouts', pay))],
  [
    'a method override before both',
    onHono((app, guard, pay) =>
      app.use(methodOverride({ app, header: 'x-http-method-override' })).all('/payouts', guard, pay),
    ),
  ],
])('pays for no preflight: %s', async (_mount, serving) => {
  const paid: string[] = [];
  const serve = serving(paid);
  const send = async (method: string, headers: Record<string, string>): Promise<number> => {
    const type = { 'content-type': 'application/json' };
    const init = { method, headers: { ...type, ...headers }, body: '{"amount":2500}' };
    return (await serve(new Request('http://desk.test/payouts', init))).status;
  };
  expect(await send('OPTIONS', preflight)).toBe(401);
  expect(await send('POST', { ...preflight, 'x-http-method-override': 'OPTIONS' })).toBe(401);
  expect(paid).toEqual([]);
  expect(await send('POST', { 'otp-verification-token': issuer.mint() })).toBe(201);
});
