import type { Decision } from './decide.ts';
import type { RefusalReason } from './refusal-codes.ts';

/** What is most likely set up wrongly if a request is refused for this reason. Constants: no value is ever in them. */
const REMEDIES: Readonly<Partial<Record<RefusalReason, string>>> = {
  'keys-unavailable':
    'The keys of an issuer could not be reached, and requests are answered 503. Check VERIFIED_MOBILE_JWKS_URL, or the URL given to jwks(), from this machine.',
  'clock-in-doubt':
    'The clock of this machine was set by more than 30 s, and requests are answered 503 until it has stood there for 10 s. Let it be slewed (NTP) instead. A test gives its own clock.',
  'store-unavailable':
    'The replay store did not answer in time, and requests are answered 503. Check its server, and storeTimeoutMs.',
  issuer:
    'A token names another issuer than this guard trusts. Compare VERIFIED_MOBILE_ISSUER, or issuers, with the iss of your tokens.',
  audience:
    'A token is for another audience than this guard. Compare VERIFIED_MOBILE_AUDIENCE, or audience, with the aud of your tokens.',
  'dates-in-milliseconds': 'A token is dated in milliseconds. iat and exp are seconds (RFC 7519, section 2).',
  'body-not-parsed':
    'A request came with a body that nothing has parsed, and without a token elsewhere. Mount the body parser before the guard.',
  'no-expected-mobile':
    'expectMobile returned no mobile. Mount the guard after the middleware that authenticates the request.',
  'second-guard':
    'A request that had passed a guard was presented again, and its token is used by then. Mount requireVerifiedMobile() once on each route.',
};

/**
 * Says once for each reason what to look at: without it a guard that is set up wrongly refuses every request, and nothing
 * is printed.
 */
export function createAdviser(
  warn: (message: string, options: { code: string }) => void,
): (decision: Decision) => void {
  const warned = new Set<RefusalReason>();
  return (decision) => {
    if (decision.outcome !== 'refused' || warned.has(decision.reason)) return;
    const remedy = REMEDIES[decision.reason];
    if (remedy === undefined) return;
    warned.add(decision.reason);
    const more = 'This is said once. Set onDecision to be told of every decision.';
    warn(`${remedy} ${more}`, { code: `VERIFIED_MOBILE_${constantCase(decision.reason)}` });
  };
}

/** For all guards of this process: ten routes with one fault leave one line. */
export const adviseOperator: (decision: Decision) => void = createAdviser((message, options) =>
  process.emitWarning(message, options),
);

function constantCase(reason: string): string {
  return reason.replaceAll('-', '_').toUpperCase();
}
