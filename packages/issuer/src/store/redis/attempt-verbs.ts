import type { RunLineageScript } from '@verified-mobile/redis';
import { CODE_LIFETIME_MS } from '../../domain/challenge.ts';
import type { AttemptDecision, AttemptRefusal, OtpStore } from '../../domain/otp-store.ts';
import type { Keys } from './keys.ts';
import { otpScript } from './otp-script.ts';
import { texts } from './replies.ts';
import { CONSUME, COUNT_ATTEMPT, RELEASE } from './scripts.ts';

const COUNT = otpScript(COUNT_ATTEMPT);
const CONSUME_SCRIPT = otpScript(CONSUME);
const RELEASE_SCRIPT = otpScript(RELEASE);

export function attemptVerbs(
  run: RunLineageScript,
  keyOf: Keys,
): Pick<OtpStore, 'countAttempt' | 'consume' | 'release'> {
  return {
    async countAttempt(subject, { failuresBeforeWait, failuresBeforeStop }, now) {
      const args = [now, failuresBeforeWait, failuresBeforeStop].map(String);
      return readDecision(texts(await run(COUNT, [keyOf.subject(subject)], args)));
    },

    async consume({ subject, prefix, account, day, challenge, sealedAnswer }, now) {
      const keys = [keyOf.subject(subject), keyOf.answer(subject), keyOf.prefix(prefix), keyOf.usage(account)] as const;
      const sentAt = String(challenge.expiresAt - CODE_LIFETIME_MS);
      const args = [String(now), challenge.id, sealedAnswer, sentAt, day];
      const [outcome, answer = ''] = texts(await run(CONSUME_SCRIPT, keys, args));
      if (outcome === 'repeated') return { outcome, sealedAnswer: answer };
      return { outcome: outcome === 'consumed' ? outcome : 'lost' };
    },

    async release(subject) {
      await run(RELEASE_SCRIPT, [keyOf.subject(subject)], []);
    },
  };
}

function readDecision([outcome, ...values]: readonly string[]): AttemptDecision {
  if (outcome !== 'compare') return { outcome: 'refused', reason: outcome as AttemptRefusal };
  const [id = '', codeMac = '', clientRefId = '', transactionHash = '', allowed, expiresAt, waitMs] = values;
  const numbers = { attemptsAllowed: Number(allowed), expiresAt: Number(expiresAt) };
  return { outcome, challenge: { id, codeMac, clientRefId, transactionHash, ...numbers }, waitMs: Number(waitMs) };
}
