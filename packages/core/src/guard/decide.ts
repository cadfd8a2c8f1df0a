import { canonicalJson } from '../lib/canonical-json.ts';
import { objectionToTransaction } from '../token/transaction.ts';
import { normaliseMobile } from '../lib/mobile.ts';
import { consumeInTime } from '../replay/consume.ts';
import type { ConsumeResult, TokenUse } from '../replay/replay-store.ts';
import { operationDigest, tokenUse, uniqueOperation } from '../replay/token-use.ts';
import type { ValidatedToken } from '../token/claims.ts';
import { refused } from '../token/refusal.ts';
import { objectionToPassedTime, type Outage, validate } from '../token/validate.ts';
import type { GuardSettings } from './options.ts';
import { findToken, hasUnparsedBody, type Presentation, routeOf } from './presentation.ts';
import type { RequestRefused } from './refusal-codes.ts';

/** A decision with all that led to it; what of it leaves the guard is chosen elsewhere. */
export type Decision = Evidence &
  (
    | { readonly outcome: 'not-guarded' }
    | RequestRefused
    | (Required<Pick<Evidence, 'token' | 'use'>> & { readonly outcome: 'passed'; readonly retry: boolean })
  );

interface Evidence {
  readonly token?: ValidatedToken;
  readonly use?: TokenUse;
  readonly firstUsedAt?: number | undefined;
  readonly firstOperation?: string | undefined;
  readonly error?: unknown;
}

/**
 * The order of work, and the order is the security: find, validate, compare with the request, and consume last, so
 * that a forged, expired or mismatched token never burns a real id. What the application's own functions throw goes
 * to the caller, with nothing consumed.
 */
export async function decide<Request>(
  presentation: Presentation<Request>,
  settings: GuardSettings<Request>,
): Promise<Decision> {
  if (settings.when && !(await isNeeded(settings.when, presentation.request))) {
    return { outcome: 'not-guarded' };
  }
  const found = await findToken(presentation, settings.tokenSources);
  if (found.outcome === 'none') {
    return refused('otp_token_missing', hasUnparsedBody(presentation) ? 'body-not-parsed' : 'no-token');
  }
  if (found.outcome === 'several') return refused('otp_token_ambiguous', 'several-tokens');
  const validation = await validate(found.token, settings);
  if (validation.outcome === 'unavailable') return refusedFor(validation);
  if (validation.outcome === 'refused') return validation;
  const { token } = validation;
  const bound = await bindToRequest(token, presentation, settings);
  if (bound.outcome === 'refused') return { ...bound, token };
  // The application's functions may have taken minutes: a sender who trickles the body stretches them.
  const late = objectionToPassedTime(token, settings);
  if (late !== undefined) return { ...(late.outcome === 'refused' ? late : refusedFor(late)), token };
  return consume(token, bound.use, settings);
}

function refusedFor({ reason, error }: Outage): RequestRefused & Evidence {
  return { ...refused('guard_unavailable', reason), error };
}

type When<Request> = NonNullable<GuardSettings<Request>['when']>;

async function isNeeded<Request>(when: When<Request>, request: Request): Promise<boolean> {
  try {
    // Only a plain `false` opens: a condition that forgot to return must not.
    const answer: unknown = await when(request);
    return answer !== false;
  } catch {
    return true;
  }
}

/** Step 7: the token must be for this mobile and this transaction. With it goes the use that the request may make of it. */
async function bindToRequest<Request>(
  token: ValidatedToken,
  presentation: Presentation<Request>,
  settings: GuardSettings<Request>,
): Promise<{ readonly outcome: 'bound'; readonly use: TokenUse } | RequestRefused> {
  const { request, method = '', url = '' } = presentation;
  if (settings.expectMobile !== undefined) {
    const expected = normaliseMobile(await settings.expectMobile(request));
    if (expected === undefined) return refused('mobile_mismatch', 'no-expected-mobile');
    if (expected !== token.mobile) return refused('mobile_mismatch', 'other-mobile');
  }
  let transaction = '';
  if (settings.transaction !== undefined) {
    const canonical = canonicalJson(await settings.transaction(request));
    const objection = objectionToTransaction(token, canonical);
    if (objection !== undefined) return objection;
    transaction = canonical ?? '';
  } else if (token.transactionHashes !== undefined) {
    return refused('transaction_mismatch', 'transaction-not-checked');
  }
  const idempotencyKey = settings.idempotencyKey && (await settings.idempotencyKey(request));
  // Half a surrogate pair becomes the same bytes as any other half: such keys would all be one.
  const isKey = typeof idempotencyKey === 'string' && idempotencyKey !== '' && idempotencyKey.isWellFormed();
  const { service } = settings;
  const operation = isKey
    ? operationDigest({ tokenId: token.tokenId, service, method, route: routeOf(url), transaction, idempotencyKey })
    : uniqueOperation();
  return { outcome: 'bound', use: tokenUse(token, operation) };
}

const REFUSED_OUTCOMES: Readonly<Partial<Record<ConsumeResult['outcome'], RequestRefused>>> = {
  used: refused('otp_token_used', 'used'),
  fenced: refused('otp_token_expired', 'fenced'),
};

/** Step 8. Nothing may come between this and the handler. */
async function consume<Request>(
  token: ValidatedToken,
  use: TokenUse,
  { replayStore, storeTimeoutMs }: GuardSettings<Request>,
): Promise<Decision> {
  try {
    const { outcome, firstUsedAt, firstOperation } = await consumeInTime(replayStore, use, storeTimeoutMs);
    const refusal = REFUSED_OUTCOMES[outcome];
    if (refusal !== undefined) return { ...refusal, token, use, firstUsedAt, firstOperation };
    return { outcome: 'passed', token, use, firstUsedAt, retry: outcome === 'same-operation' };
  } catch (error) {
    return { ...refused('guard_unavailable', 'store-unavailable'), token, use, error };
  }
}
