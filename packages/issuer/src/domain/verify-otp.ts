import { digest, type Match, matchingChallenge, sessionKey, subjectKey } from './challenge.ts';
import type { EventReason, RecordedEvent } from './events.ts';
import type { Limits } from './limits.ts';
import type { Ports } from './ports.ts';
import { openAnswer, sealAnswer } from './sealed-answer.ts';
import { billingDay } from './usage.ts';
import { prefixOf } from './wire-values.ts';

export interface VerifyOtp {
  readonly account: string;
  /** E.164. */
  readonly mobile: string;
  readonly code: string;
  /** As the code was asked for. */
  readonly sessionId: string | undefined;
  /** For whom the token is. */
  readonly audience: string;
  readonly initiatorId: string;
  readonly limits: Limits;
}

/** One refusal for every reason: wrong, expired, used, never sent and out of attempts must look alike. */
export type VerifyOtpResult =
  | { readonly outcome: 'verified'; readonly token: string; readonly clientRefId: string }
  | { readonly outcome: 'refused' };

/**
 * Exchanges a right code for a token, once; the same code again within ten seconds gets the same token. Every refusal
 * takes equally long: what a store does for a wrong code and for an unknown mobile is not the same work.
 */
export async function verifyOtp(attempt: VerifyOtp, ports: Ports): Promise<VerifyOtpResult> {
  const { timer, refusalTakesMs } = ports;
  const startedAt = timer.now();
  const result = await decide(attempt, ports);
  const remainingMs = startedAt + refusalTakesMs - timer.now();
  if (result.outcome === 'refused' && remainingMs > 0) await timer.pause(Math.ceil(remainingMs));
  return result;
}

async function decide(attempt: VerifyOtp, ports: Ports): Promise<VerifyOtpResult> {
  const now = ports.clock();

  // Counted before it is compared, or parallel guesses would all be compared before the first one counts.
  const { account, limits, sessionId } = attempt;
  const subject = subjectKey(attempt);
  const session = sessionKey(subject, sessionId);
  const decision = await ports.store.countAttempt({ account, subject, session, limits }, now);
  const challenges = decision.outcome === 'compare' ? decision.challenges : [];
  const match = matchingChallenge(ports.peppers, attempt, challenges, attempt.code);

  if (decision.outcome === 'refused') return refuse(decision.reason, attempt, {}, ports);
  const { waitMs, stops } = decision;
  const failure = { ...(waitMs > 0 && { waitMs }), ...(stops && { stopped: true }) };
  if (match === undefined) {
    const [newest] = challenges;
    return refuse('wrong-code', attempt, { ...(newest && { challengeId: newest.id }), ...failure }, ports);
  }
  return exchange(attempt, { subject, session, ...match, now, failure }, ports);
}

interface RightAnswer extends Match {
  readonly subject: string;
  readonly session: string;
  readonly now: number;
  /** What the attempt was counted as, should it not be exchanged after all. */
  readonly failure: Pick<RecordedEvent, 'waitMs' | 'stopped'>;
}

/** Several right answers may get this far together: the store consumes for one, and returns its sealed token to the others. */
async function exchange(
  attempt: VerifyOtp,
  { subject, session, challenge, pepper, now, failure }: RightAnswer,
  ports: Ports,
): Promise<VerifyOtpResult> {
  const { account, mobile, audience, initiatorId, code } = attempt;
  const { clientRefId, transactionHash } = challenge;
  const { token, tokenId } = ports.tokens.sign(
    { account, mobile, audience, clientRefId, initiatorId, transactionHash },
    now,
  );
  const key = { pepper, challengeId: challenge.id, code };
  const consumption = {
    subject,
    session,
    prefix: digest('prefix', account, prefixOf(mobile)),
    account,
    day: billingDay(now),
    challenge,
    sealedAnswer: sealAnswer(token, key),
  };
  const result = await ports.store.consume(consumption, now);
  const about = { ...ports.pseudonyms.ofMobile(mobile), challengeId: challenge.id };
  if (result.outcome === 'consumed') {
    const reference = ports.pseudonyms.inReference(clientRefId, mobile);
    ports.record({ kind: 'attempt', outcome: 'accepted', ...about });
    ports.record({ kind: 'token', outcome: 'accepted', ...about, tokenId, clientRefId: reference });
    return { outcome: 'verified', token, clientRefId };
  }
  const sameToken = result.outcome === 'repeated' ? openAnswer(result.sealedAnswer, key) : undefined;
  if (sameToken === undefined) return refuse('lost-race', attempt, { ...about, ...failure }, ports);
  ports.record({
    kind: 'attempt',
    outcome: 'accepted',
    reason: 'repeated',
    ...about,
    tokenId: ports.tokens.idOf(sameToken),
  });
  return { outcome: 'verified', token: sameToken, clientRefId };
}

function refuse(
  reason: EventReason,
  { mobile }: VerifyOtp,
  more: Partial<RecordedEvent>,
  { record, pseudonyms }: Ports,
): VerifyOtpResult {
  record({ kind: 'attempt', outcome: 'refused', reason, ...pseudonyms.ofMobile(mobile), ...more });
  return { outcome: 'refused' };
}
