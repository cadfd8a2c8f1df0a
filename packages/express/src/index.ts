import {
  createGuard,
  type GuardOptions,
  nodeHeaders,
  type Proof,
  rememberedProof,
  rememberProof,
} from '@verified-mobile/core';
import type { Request, RequestHandler, Response } from 'express';

export type { Proof } from '@verified-mobile/core';

/** Express middleware, and a promise to await before listening. */
export type VerifiedMobileHandler = RequestHandler & {
  /** Resolves when the replay store can vouch for tokens issued from now on, and the keys of every issuer are at hand. */
  ready(): Promise<void>;
};

/**
 * Lets a request through only with an `otp_verification_token` that is fresh, for this mobile, and not used before.
 * Mount it after the body parser if tokens come in the body.
 *
 * @example
 * ```ts
 * app.post('/payouts', requireVerifiedMobile(), (req, res) => {
 *   const { mobile, proofId } = getVerifiedMobile(req);
 *   …
 * });
 * ```
 * @throws {VerifiedMobileError} `invalid_configuration`: a missing, contradictory, weak or unknown setting
 */
export function requireVerifiedMobile(options?: GuardOptions<Request>): VerifiedMobileHandler {
  const guard = createGuard(options);
  const admit = async (req: Request, res: Response): Promise<boolean> => {
    const { method, originalUrl: url } = req;
    const body: unknown = req.body;
    const verdict = await guard.decide({ request: req, method, url, body, header: nodeHeaders(req) });
    if (verdict.outcome === 'refused') {
      const { status, headers, body: problem } = verdict.refusal;
      res.status(status).set(headers).end(problem);
      return false;
    }
    if (verdict.outcome === 'passed') rememberProof(req, verdict.proof);
    return true;
  };
  // Express 4 does not look at a promise that a handler returns: what it rejects with must go to `next`.
  const handler: RequestHandler = (req, res, next) => void admit(req, res).then((passed) => passed && next(), next);
  return Object.assign(handler, { ready: guard.ready });
}

/**
 * What this request has proven.
 *
 * @throws {VerifiedMobileError} `not_verified`: no guard let the request through
 */
export function getVerifiedMobile(req: Request): Proof {
  return rememberedProof(req);
}
