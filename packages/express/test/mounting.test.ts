import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { requireVerifiedMobile } from '@verified-mobile/express';
import { supertestService } from '@verified-mobile/test-support/supertest-service';
import express, { type Application, type RequestHandler } from 'express';
import express4 from 'express-previous';
import { describe, expect, it } from 'vitest';

type Mount = (app: Application, guard: RequestHandler, pay: RequestHandler) => unknown;

const MOUNTS: Record<string, Mount> = {
  'app.all(path, guard, pay)': (app, guard, pay) => app.all('/payouts', guard, pay),
  'app.use(path, guard, pay)': (app, guard, pay) => app.use('/payouts', guard, pay),
  'app.use(guard), app.use(pay)': (app, guard, pay) => app.use(guard).use(pay),
  'a method override before both': (app, guard, pay) => app.use(overrideMethod).use('/payouts', guard, pay),
};

const overrideMethod: RequestHandler = (req, _res, next) => {
  req.method = req.get('x-http-method-override') ?? req.method;
  next();
};

const issuer = createTestIssuer();
const preflight = { origin: 'https://desk.test', 'access-control-request-method': 'POST' };

describe.each(Object.entries({ 'Express 5': express, 'Express 4': express4 }))('%s', (_name, framework) => {
  it.each(Object.entries(MOUNTS))('pays for no preflight: %s', async (_mount, mount) => {
    const app = framework();
    const paid: unknown[] = [];
    mount(
      app,
      requireVerifiedMobile({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() }),
      (req, res) => {
        paid.push(req.method);
        res.status(201).end();
      },
    );
    const service = supertestService(app);
    const send = async (method: string, headers: Record<string, string>): Promise<number> =>
      (await service({ method, path: '/payouts', headers, body: { amount: 2500 } })).status;
    expect(await send('OPTIONS', preflight)).toBe(401);
    expect(await send('POST', { ...preflight, 'x-http-method-override': 'OPTIONS' })).toBe(401);
    expect(paid).toEqual([]);
    expect(await send('POST', { 'otp-verification-token': issuer.mint() })).toBe(201);
  });
});
