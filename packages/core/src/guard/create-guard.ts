import { type Decision, decide } from './decide.ts';
import { createReporter } from './report.ts';
import { type GuardOptions, resolveOptions } from './options.ts';
import type { Presentation } from './presentation.ts';
import type { Proof } from './proof.ts';
import { type Refusal, refusalTable } from './refusals.ts';

/** The guard's answer. `proof` is `undefined` only for a CORS preflight and where `when` said that none is needed. */
export type Verdict =
  | { readonly ok: true; readonly proof: Proof | undefined }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Guard<Request = unknown> {
  /**
   * Decides on one request and, where the verdict is good, has consumed its token: carry the request out.
   *
   * @throws what the application's own functions throw, with nothing consumed
   */
  readonly decide: (presentation: Presentation<Request>) => Promise<Verdict>;
  /** Resolves when the replay store can vouch for tokens issued from now on. Await it before listening. */
  readonly ready: () => Promise<void>;
}

/**
 * A guard without a framework, for queue consumers, gRPC or WebSockets.
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: (message: PayoutMessage) => message.otpVerificationToken });
 * const verdict = await guard.decide({ request: message });
 * if (!verdict.ok) return deadLetter(message, verdict.refusal.code);
 * ```
 * @throws {VerifiedMobileError} `invalid_configuration`: a missing, contradictory, weak or unknown setting
 */
export function createGuard<Request = unknown>(options: GuardOptions<Request> = {}): Guard<Request> {
  const settings = resolveOptions(options);
  const refusals = refusalTable(settings.maxAgeSeconds);
  const report = createReporter(settings);
  return {
    async decide(presentation) {
      const startedAt = performance.now();
      const decision = await decide(presentation, settings);
      report(decision, startedAt);
      if (decision.outcome === 'refused') return { ok: false, refusal: refusals[decision.failure.code] };
      return { ok: true, proof: decision.outcome === 'passed' ? proofOf(decision) : undefined };
    },
    ready: async () => settings.replayStore.ready?.(),
  };
}

function proofOf({ token, use, retry }: Decision & { outcome: 'passed' }): Proof {
  const { mobile, tokenId, issuer, issuedAt, expiresAt } = token;
  return Object.freeze({
    mobile,
    tokenId,
    proofId: use.id,
    issuer,
    issuedAt,
    expiresAt,
    operation: use.operation,
    retry,
  });
}
