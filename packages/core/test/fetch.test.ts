import { createGuard, type GuardOptions } from '@verified-mobile/core';
import { getVerifiedMobile, withVerifiedMobile } from '@verified-mobile/core/fetch';
import { createTestIssuer, describeGuardAdapter, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { fetchService } from '@verified-mobile/test-support/fetch-service';
import { afterEach, describe, expect, it, vi } from 'vitest';

describeGuardAdapter<Request>(
  { describe, it },
  {
    name: 'a handler from Request to Response',
    headerOf: (request, name) => request.headers.get(name) ?? undefined,
    createService: (options, handle) => {
      const bodies = new WeakMap<Request, { otp_verification_token?: unknown }>();
      const answer = (request: Request): Response => {
        if (request.method === 'OPTIONS') return new Response(null, { status: 204 });
        if (request.method !== 'POST') return Response.json([]);
        return Response.json(
          handle(() => getVerifiedMobile(request)),
          { status: 201 },
        );
      };
      const guarded = withVerifiedMobile(answer, {
        token: [
          { header: 'otp-verification-token' },
          (request: Request) => bodies.get(request)?.otp_verification_token,
        ],
        ...options,
      });
      return fetchService(async (request) => {
        bodies.set(request, request.body === null ? {} : ((await request.clone().json()) as object));
        try {
          return await (request.url.endsWith('/payouts') ? guarded(request) : answer(request));
        } catch {
          return new Response(null, { status: 500 });
        }
      });
    },
  },
);

const issuer = createTestIssuer({ algorithm: 'HS256' });
const options = () => ({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() });
const payout = (headers: Record<string, string> = { 'otp-verification-token': issuer.mint() }): Request =>
  new Request('https://desk.test/payouts', { method: 'POST', headers });

describe('the arguments of the handler', () => {
  class RouteRequest extends Request {
    readonly customer = '9002336768';
  }

  it('are passed on, as they are, with the type of its request', async () => {
    const expectMobile = ({ customer }: RouteRequest): string => customer;
    const pay = async (request: RouteRequest, { params }: { params: Promise<{ id: string }> }): Promise<Response> =>
      Response.json({ id: (await params).id, customer: request.customer });
    const POST = withVerifiedMobile(pay, { ...options(), expectMobile });
    const answer = await POST(new RouteRequest(payout()), { params: Promise.resolve({ id: 'p1' }) });
    expect(await answer.json()).toEqual({ id: 'p1', customer: '9002336768' });
  });
});

it('pays for no preflight', async () => {
  const paid: string[] = [];
  const guarded = withVerifiedMobile(({ method }) => {
    paid.push(method);
    return new Response(null, { status: 201 });
  }, options());
  const headers = { origin: 'https://page.test', 'access-control-request-method': 'POST' };
  const preflight = new Request('https://desk.test/payouts', { method: 'OPTIONS', headers, body: '{"amount":2500}' });
  expect((await guarded(preflight)).status).toBe(401);
  expect((await guarded(payout({ ...headers, 'x-http-method-override': 'OPTIONS' }))).status).toBe(401);
  expect(paid).toEqual([]);
  expect((await guarded(payout())).status).toBe(201);
});

describe('settings that are missing', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('stop no build, which loads the module, but ready() and each request', async () => {
    vi.stubEnv('VERIFIED_MOBILE_ISSUER', undefined);
    const handled = vi.fn<() => Response>(() => Response.json({}));
    const POST = withVerifiedMobile(handled, { replayStore: isolatedMemoryReplayStore() });
    const missing = {
      code: 'invalid_configuration',
      message: expect.stringContaining('VERIFIED_MOBILE_ISSUER') as string,
    };
    await expect(POST.ready()).rejects.toMatchObject(missing);
    await expect(POST(payout())).rejects.toMatchObject(missing);
    expect(handled).not.toHaveBeenCalled();

    vi.stubEnv('VERIFIED_MOBILE_ISSUER', issuer.issuer);
    vi.stubEnv('VERIFIED_MOBILE_AUDIENCE', issuer.audience);
    vi.stubEnv('VERIFIED_MOBILE_SECRET', Buffer.from(issuer.jwk.k!, 'base64url').toString('base64'));
    await expect(POST.ready()).resolves.toBeUndefined();
    expect((await POST(payout())).status).toBe(200);
  });
});

it('waits in ready() for the replay store', async () => {
  const ready = vi.fn<() => Promise<void>>(async () => Promise.resolve());
  const replayStore = Object.assign(isolatedMemoryReplayStore(), { ready });
  await withVerifiedMobile(() => new Response(), { ...options(), replayStore }).ready();
  expect(ready).toHaveBeenCalledOnce();
});

it('is one guard for all its requests', async () => {
  const POST = withVerifiedMobile(() => Response.json({}), options());
  const token = { 'otp-verification-token': issuer.mint() };
  expect((await POST(payout(token))).status).toBe(200);
  expect((await POST(payout(token))).status).toBe(401);
});

it('makes the same operation of a request as a guard that is told the path alone, whatever host and query', async () => {
  const token = issuer.mint();
  const operation = async (url: string): Promise<string | undefined> => {
    const given: GuardOptions = { ...options(), token: () => token, idempotencyKey: () => 'payout-1' };
    const verdict = await createGuard(given).decide({ request: {}, method: 'POST', url });
    return verdict.outcome === 'passed' ? verdict.proof.operation : undefined;
  };
  const handler = (request: Request): Response => Response.json(getVerifiedMobile(request).operation);
  const POST = withVerifiedMobile(handler, { ...options(), token: () => token, idempotencyKey: () => 'payout-1' });
  const expected = await operation('/payouts');
  expect(expected).toMatch(/./);
  expect(await (await POST(payout())).json()).toBe(expected);
  for (const url of ['/payouts?try=2', 'http://other.test:8080/payouts?try=2', 'https://u@desk.test/payouts#f']) {
    expect(await operation(url)).toBe(expected);
  }
  for (const url of ['/payouts/', '/', 'https://desk.test', '//payouts', 'https://desk.test/x/payouts']) {
    expect(await operation(url)).not.toBe(expected);
  }
});
