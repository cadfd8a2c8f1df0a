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
    async countAttempt(attempt, now) {
      const { failuresBeforeWait, failuresBeforeStop } = attempt.limits;
      const keys = [keyOf.subject(attempt.subject), keyOf.waiting(attempt)] as const;
      const args = [...[now, failuresBeforeWait, failuresBeforeStop].map(String), attempt.session];
      return readDecision(texts(await run(COUNT, keys, args)));
    },

    async consume(consumption, now) {
      const { subject, prefix, account, day, challenge, sealedAnswer } = consumption;
      const keys = [
        keyOf.subject(subject),
        keyOf.answer(subject),
        keyOf.prefix(prefix),
        keyOf.usage(account),
        keyOf.accountConversions(account),
        keyOf.waiting(consumption),
      ] as const;
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
  const [id = '', codeMac = '', clientRefId = '', transactionHash = '', allowed, expiresAt, waitMs, stops] = values;
  const numbers = { attemptsAllowed: Number(allowed), expiresAt: Number(expiresAt) };
  const challenge = { id, codeMac, clientRefId, transactionHash, ...numbers };
  return { outcome, challenge, waitMs: Number(waitMs), stops: stops === '1' };
}
