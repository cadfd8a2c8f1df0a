import { createGuard, type GuardOptions, type Proof, rememberedProof, rememberProof } from '@verified-mobile/core';
import type { Context, MiddlewareHandler } from 'hono';

export type { Proof } from '@verified-mobile/core';
export { type VerifiedMobileFetchHandler, withVerifiedMobile } from '@verified-mobile/core/fetch';

/** Hono middleware, and a promise to await before listening. Routes behind it have `c.var.verifiedMobile`. */
export type VerifiedMobileMiddleware = MiddlewareHandler<{ Variables: { verifiedMobile: Proof } }> & {
  /** Resolves when the replay store can vouch for tokens issued from now on, and the keys of every issuer are at hand. */
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
      url,
      body,
      header: (name) => c.req.header(name),
    });
    if (verdict.outcome === 'refused') {
      const { status, headers, body: problem } = verdict.refusal;
      return new Response(problem, { status, headers });
    }
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
 * What this request has proven.
 *
 * @throws {VerifiedMobileError} `not_verified`: no guard let the request through
 */
export function getVerifiedMobile(request: Context | Request): Proof {
  return rememberedProof(request);
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
