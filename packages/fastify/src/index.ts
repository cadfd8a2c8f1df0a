import {
  createGuard,
  type GuardOptions,
  nodeHeaders,
  type Proof,
  rememberedProof,
  rememberProof,
  showProof,
} from '@verified-mobile/core';
import type { FastifyReply, FastifyRequest } from 'fastify';

export type { Proof } from '@verified-mobile/core';

/** A Fastify `preHandler` hook, and a promise to await before listening. */
export interface VerifiedMobileHook {
  (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
  /** Resolves when the replay store can vouch for tokens issued from now on, and the keys of every issuer are at hand. */
  readonly ready: () => Promise<void>;
}

/**
 * Lets a request through only with an `otp_verification_token` that is fresh, for this mobile, and not used before.
 * The proof is also in `request.verifiedMobile`, for logs (import `@verified-mobile/fastify/augment` for its type);
 * handlers take it from `getVerifiedMobile(request)`, which nothing else can set.
 *
 * @example
 * ```ts
 * app.post('/payouts', { preHandler: requireVerifiedMobile() }, async (request) => {
 *   const { mobile, proofId } = getVerifiedMobile(request);
 *   …
 * });
 * ```
 * @throws {VerifiedMobileError} `invalid_configuration`: a missing, contradictory, weak or unknown setting
 */
export function requireVerifiedMobile(options?: GuardOptions<FastifyRequest>): VerifiedMobileHook {
  const guard = createGuard(options);
  const hook = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    // Hooks of the whole app run here, too. A token is not consumed for nothing, and no handler is reached without one.
    if (request.is404) throw Object.assign(new Error('Not Found'), { statusCode: 404 });
    const { method, originalUrl: url, raw, body } = request;
    const verdict = await guard.decide({ request, method, url, body, header: nodeHeaders(raw) });
    if (verdict.outcome === 'refused') {
      const { status, headers: answers, body: problem } = verdict.refusal;
      // As bytes: to a text Fastify would add a charset, which application/problem+json has not.
      return reply.code(status).headers(answers).send(Buffer.from(problem));
    }
    if (verdict.outcome === 'passed') {
      rememberProof(request, verdict.proof);
      showProof(request, verdict.proof);
    }
    return undefined;
  };
  return Object.assign(hook, { ready: guard.ready });
}

/**
 * What this request has proven.
 *
 * @throws {VerifiedMobileError} `not_verified`: no guard let the request through
 */
export function getVerifiedMobile(request: FastifyRequest): Proof {
  return rememberedProof(request);
}
