import {
  createGuard,
  type GuardOptions,
  nodeHeaders,
  type Proof,
  rememberedProof,
  rememberProof,
  showProof,
} from '@verified-mobile/core';
import type { Context, Middleware } from 'koa';

export type { Proof } from '@verified-mobile/core';

/** Koa middleware, and a promise to await before listening. */
export type VerifiedMobileMiddleware = Middleware & {
  /** Resolves when the replay store can vouch for tokens issued from now on, and the keys of every issuer are at hand. */
  ready(): Promise<void>;
};

/**
 * Lets a request through only with an `otp_verification_token` that is fresh, for this mobile, and not used before.
 * Mount it after the body parser if tokens come in the body. The proof is also in `ctx.state.verifiedMobile`, for
 * templates and logs; handlers take it from `getVerifiedMobile(ctx)`, which nothing else can set.
 *
 * @example
 * ```ts
 * router.post('/payouts', requireVerifiedMobile(), (ctx) => {
 *   const { mobile, proofId } = getVerifiedMobile(ctx);
 *   …
 * });
 * ```
 * @throws {VerifiedMobileError} `invalid_configuration`: a missing, contradictory, weak or unknown setting
 */
export function requireVerifiedMobile(options?: GuardOptions<Context>): VerifiedMobileMiddleware {
  const guard = createGuard(options);
  const middleware: Middleware = async (ctx, next) => {
    const { method, originalUrl: url, req } = ctx;
    const { body } = ctx.request as { body?: unknown };
    const verdict = await guard.decide({ request: ctx, method, url, body, header: nodeHeaders(req) });
    if (verdict.outcome === 'refused') {
      ctx.status = verdict.refusal.status;
      ctx.set(verdict.refusal.headers);
      ctx.body = verdict.refusal.body;
      return;
    }
    if (verdict.outcome === 'passed') {
      rememberProof(ctx.req, verdict.proof);
      showProof(ctx.state, verdict.proof);
    }
    await next();
  };
  return Object.assign(middleware, { ready: guard.ready });
}

/**
 * What this request has proven.
 *
 * @throws {VerifiedMobileError} `not_verified`: no guard let the request through
 */
export function getVerifiedMobile(ctx: Pick<Context, 'req'>): Proof {
  return rememberedProof(ctx.req);
}
