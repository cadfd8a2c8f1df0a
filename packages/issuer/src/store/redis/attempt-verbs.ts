import type { RunLineageScript } from '@verified-mobile/redis';
import { type Challenge, CODE_LIFETIME_MS } from '../../domain/challenge.ts';
import type { AttemptDecision, AttemptRefusal, OtpStore } from '../../domain/otp-store.ts';
import type { Keys } from './keys.ts';
import { otpScript } from './otp-script.ts';
import { texts } from './replies.ts';
import { CONSUME, COUNT_ATTEMPT, RELEASE } from './attempt-scripts.ts';

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
      const { subject } = attempt;
      const keys = [keyOf.subject(subject), keyOf.waiting(attempt), keyOf.pending(subject)] as const;
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
        keyOf.pending(subject),
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

/** How many values stand for a challenge. */
const MEMBERS = 6;

function readDecision([outcome, waitMs, stops, ...values]: readonly string[]): AttemptDecision {
  if (outcome !== 'compare') return { outcome: 'refused', reason: outcome as AttemptRefusal };
  const challenges = Array.from({ length: values.length / MEMBERS }, (_, index) =>
    readChallenge(values.slice(index * MEMBERS, (index + 1) * MEMBERS)),
  );
  return { outcome, challenges, waitMs: Number(waitMs), stops: stops === '1' };
}

function readChallenge(values: readonly string[]): Challenge {
  const [id = '', codeMac = '', clientRefId = '', transactionHash = '', allowed, expiresAt] = values;
  const numbers = { attemptsAllowed: Number(allowed), expiresAt: Number(expiresAt) };
  return { id, codeMac, clientRefId, transactionHash, ...numbers };
}
