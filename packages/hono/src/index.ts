import {
  createGuard,
  type GuardOptions,
  type Proof,
  rememberedProof,
  type Refusal,
  rememberProof,
} from '@verified-mobile/core';
import type { Context, MiddlewareHandler } from 'hono';

export type { Proof } from '@verified-mobile/core';

/** Hono middleware, and a promise to await before listening. Routes behind it have `c.var.verifiedMobile`. */
export type VerifiedMobileMiddleware = MiddlewareHandler<{ Variables: { verifiedMobile: Proof } }> & {
  /** Resolves when the replay store can vouch for tokens issued from now on. */
  readonly ready: () => Promise<void>;
};

/**
 * Lets a request through only with an `otp_verification_token` that is fresh, for this mobile, and not used before.
 * A token in the body counts if something before has called `c.req.json()` or `c.req.parseBody()`. The proof is also
 * in `c.var.verifiedMobile`; handlers take it from `getVerifiedMobile(c)`, which nothing else can set.
 *
 * @example
 * ```ts
 * app.post('/payouts', requireVerifiedMobile(), (c) => {
 *   const { mobile, proofId } = getVerifiedMobile(c);
 *   …
 * });
 * ```
 * @throws {VerifiedMobileError} `invalid_configuration`: a missing, contradictory, weak or unknown setting
 */
export function requireVerifiedMobile(options?: GuardOptions<Context>): VerifiedMobileMiddleware {
  const guard = createGuard(options);
  const middleware: MiddlewareHandler = async (c, next) => {
    const { method, url } = c.req;
    const body = await parsedBody(c);
    const verdict = await guard.decide({
      request: c,
      method,
      url: pathOf(url),
      body,
      header: (name) => c.req.header(name),
    });
    if (verdict.outcome === 'refused') return answer(verdict.refusal);
    if (verdict.outcome === 'passed') {
      rememberProof(c, verdict.proof);
      c.set('verifiedMobile', verdict.proof);
    }
    await next();
    return undefined;
  };
  return Object.assign(middleware, { ready: guard.ready });
}

/**
 * The same for a bare handler from `Request` to `Response`. The token must come in a header, or from wherever the
 * option `token` looks: the body stays the handler's.
 *
 * @example
 * ```ts
 * export default { fetch: withVerifiedMobile((request) => pay(getVerifiedMobile(request))) };
 * ```
 * @throws {VerifiedMobileError} `invalid_configuration`: a missing, contradictory, weak or unknown setting
 */
export function withVerifiedMobile(
  handler: (request: Request) => Response | Promise<Response>,
  options?: GuardOptions<Request>,
): (request: Request) => Promise<Response> {
  const guard = createGuard(options);
  return async (request) => {
    const { method, url, headers } = request;
    const header = (name: string): string | undefined => headers.get(name) ?? undefined;
    const verdict = await guard.decide({ request, method, url: pathOf(url), header });
    if (verdict.outcome === 'refused') return answer(verdict.refusal);
    if (verdict.outcome === 'passed') rememberProof(request, verdict.proof);
    return handler(request);
  };
}

/**
 * What this request has proven.
 *
 * @throws {VerifiedMobileError} `not_verified`: no guard let the request through
 */
export function getVerifiedMobile(request: Context | Request): Proof {
  return rememberedProof(request);
}

function answer({ status, headers, body }: Refusal): Response {
  return new Response(body, { status, headers });
}

/** The same operation must look the same behind every adapter: path and query, without the host. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/**
 * What an earlier `c.req.json()` or `c.req.parseBody()` has read, which Hono keeps. The guard reads no body by itself.
 * Hono reads JSON without a look at the content type, so a body that calls itself a form may be both.
 */
async function parsedBody(c: Context): Promise<unknown> {
  if (Object.keys(c.req.bodyCache).length === 0) return undefined;
  const json: unknown = await c.req.json().catch(() => undefined);
  // All values of a field: of two tokens Hono would show the last one alone.
  const form = await c.req.parseBody({ all: true }).catch(() => ({}));
  return typeof json === 'object' && json !== null ? bothReadings({ ...json }, form) : form;
}

/** A field that is read in two ways keeps both values, and is no token then. */
function bothReadings(json: Record<string, unknown>, form: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(form)) {
    json[name] = Object.hasOwn(json, name) && json[name] !== value ? [json[name], value] : value;
  }
  return json;
}
