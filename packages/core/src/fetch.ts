/**
 * The guard for any handler from `Request` to `Response`: Next.js, Bun, Deno, workers, `node:http` behind an adapter.
 *
 * @example
 * ```ts
 * export const POST = withVerifiedMobile(async (request: Request, { params }: Context) => {
 *   const { proofId } = getVerifiedMobile(request);
 *   …
 * });
 * ```
 */
import { createGuard, type Guard } from './guard/create-guard.ts';
import type { GuardOptions } from './guard/options.ts';
import { type Proof, rememberedProof, rememberProof } from './guard/proof.ts';

/** A guarded handler, and a promise to await before listening. */
export interface VerifiedMobileFetchHandler<GuardedRequest extends Request = Request, Rest extends unknown[] = []> {
  /** @throws {VerifiedMobileError} `invalid_configuration`: a missing, contradictory, weak or unknown setting */
  (request: GuardedRequest, ...rest: Rest): Promise<Response>;
  /**
   * Resolves when the replay store can vouch for tokens issued from now on, and the keys of every issuer are at hand.
   *
   * @throws {VerifiedMobileError} `invalid_configuration`, as the first request would
   */
  readonly ready: () => Promise<void>;
}

/**
 * Lets a request through only with an `otp_verification_token` that is fresh, for this mobile, and not used before. The
 * token must come in a header, or from wherever the option `token` looks: the body stays the handler's. What else the
 * handler is called with is passed on. Nothing is thrown here: settings are read by `ready()` or the first request.
 */
export function withVerifiedMobile<GuardedRequest extends Request, Rest extends unknown[]>(
  handler: (request: GuardedRequest, ...rest: Rest) => Response | Promise<Response>,
  options?: GuardOptions<GuardedRequest>,
): VerifiedMobileFetchHandler<GuardedRequest, Rest> {
  let guard: Guard<GuardedRequest> | undefined;
  // Not when the module is loaded: a build such as `next build` loads it without the environment of the service.
  const getGuard = (): Guard<GuardedRequest> => (guard ??= createGuard(options));
  const guarded = async (request: GuardedRequest, ...rest: Rest): Promise<Response> => {
    const { method, url, headers } = request;
    const header = (name: string): string | undefined => headers.get(name) ?? undefined;
    const verdict = await getGuard().decide({ request, method, url, header });
    if (verdict.outcome === 'refused') {
      const { status, headers: answers, body } = verdict.refusal;
      return new Response(body, { status, headers: answers });
    }
    if (verdict.outcome === 'passed') rememberProof(request, verdict.proof);
    return handler(request, ...rest);
  };
  return Object.assign(guarded, { ready: async () => getGuard().ready() });
}

/**
 * What this request has proven.
 *
 * @throws {VerifiedMobileError} `not_verified`: no guard let the request through
 */
export function getVerifiedMobile(request: Request): Proof {
  return rememberedProof(request);
}
