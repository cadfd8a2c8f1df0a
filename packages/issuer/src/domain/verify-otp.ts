import { challengeKey, codeMatches } from './challenge.ts';
import type { Ports } from './ports.ts';

export interface VerifyOtp {
  tenant: string;
  /** E.164. */
  mobile: string;
  code: string;
  /** For whom the token is. */
  audience: string;
  initiatorId: string;
}

/** One refusal for every reason: wrong, expired, used, never sent and out of attempts must look alike. */
export type VerifyOtpResult = { verified: true; token: string; clientRefId: string } | { verified: false };

/** Exchanges a right code for a token, once. */
export async function verifyOtp(attempt: VerifyOtp, ports: Ports): Promise<VerifyOtpResult> {
  const now = ports.now();
  const key = challengeKey(attempt);

  // Counted before it is compared, or parallel guesses would all be compared before the first one counts.
  const challenge = await ports.challengeStore.countAttempt(key, now);
  const matches = codeMatches(ports.pepper, attempt, challenge, attempt.code);
  if (challenge === undefined || !matches) return { verified: false };

  // Several right answers get this far together; the store lets one of them through.
  if (!(await ports.challengeStore.consume(key, challenge.id, now))) return { verified: false };

  const { mobile, audience, initiatorId } = attempt;
  const { clientRefId } = challenge;
  return {
    verified: true,
    token: await ports.tokens.sign({ mobile, audience, clientRefId, initiatorId }, now),
    clientRefId,
  };
}
