import { type Decision, decide } from './decide.ts';
import { createReporter } from './report.ts';
import { type GuardOptions, resolveOptions } from './options.ts';
import type { Presentation } from './presentation.ts';
import type { Proof } from './proof.ts';
import { type Refusal, refusalTable, withRetryAfter } from './refusals.ts';
import { tellSecondGuard } from './second-guard.ts';

/** The guard's answer. `not-guarded`: `when` said that the request needs no proof. */
export type Verdict =
  | { readonly outcome: 'passed'; readonly proof: Proof }
  | { readonly outcome: 'not-guarded' }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

export interface Guard<Request = unknown> {
  /**
   * Decides on one request. `passed` means that its token has been consumed: carry the request out.
   *
   * @throws what the application's own functions throw, with nothing consumed
   */
  readonly decide: (presentation: Presentation<Request>) => Promise<Verdict>;
  /**
   * Resolves when the replay store can vouch for tokens issued from now on and the keys of every issuer are at hand.
   * Await it before listening.
   *
   * @throws {VerifiedMobileError} store or keys cannot be used, or were not reached in time; the message names which
   */
  readonly ready: () => Promise<void>;
}

/**
 * A guard without a framework, for queue consumers, gRPC or WebSockets.
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: (message: PayoutMessage) => message.otpVerificationToken });
 * const verdict = await guard.decide({ request: message });
 * if (verdict.outcome === 'refused') return deadLetter(message, verdict.refusal.code);
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
      const decision = tellSecondGuard(await decide(presentation, settings), presentation.request);
      report(decision, startedAt);
      switch (decision.outcome) {
        case 'passed':
          return { outcome: 'passed', proof: proofOf(decision) };
        case 'not-guarded':
          return NOT_GUARDED;
        case 'refused':
          return { outcome: 'refused', refusal: withRetryAfter(refusals[decision.code], decision.error) };
      }
    },
    ready: async () => {
      const keys = settings.issuers.map(async (issuer) => issuer.keys.ready?.());
      await Promise.all([settings.replayStore.ready?.(), ...keys]);
    },
  };
}

const NOT_GUARDED: Verdict = Object.freeze({ outcome: 'not-guarded' });

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
