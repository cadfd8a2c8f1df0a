import type { Challenge } from '../domain/challenge.ts';
import type { ChallengeStore } from '../domain/ports.ts';
import { misconfigured, refuseUnknownNames } from '../errors.ts';

export interface MemoryChallengeStoreOptions {
  /**
   * How many challenges are kept, 100,000 by default (about 40 MB). Where that is not enough the oldest live one is
   * dropped, and its customer has to ask for another code; nothing is accepted that should not be.
   */
  maxChallenges?: number;
}

/** Challenges in the memory of this one process: a restart forgets them, and a second process does not see them. */
export function memoryChallengeStore(options: MemoryChallengeStoreOptions = {}): ChallengeStore {
  refuseUnknownNames('memoryChallengeStore', options, ['maxChallenges']);
  const { maxChallenges = 100_000 } = options;
  if (!Number.isSafeInteger(maxChallenges) || maxChallenges < 1) {
    throw misconfigured('maxChallenges must be a whole number from 1. Leave it out for 100,000.');
  }

  // One lifetime for all, so the order of insertion is the order of expiry: the head is always the next to go.
  const entries = new Map<string, { challenge: Challenge; attempts: number }>();

  function liveEntry(key: string, now: number): { challenge: Challenge; attempts: number } | undefined {
    const entry = entries.get(key);
    return entry !== undefined && now < entry.challenge.expiresAt ? entry : undefined;
  }

  function dropHeads(now: number): void {
    for (const [key, { challenge }] of entries) {
      if (now < challenge.expiresAt && entries.size < maxChallenges) return;
      entries.delete(key);
    }
  }

  // No `await` inside: each verb runs to its end before another begins, and that is what makes it atomic.
  return {
    async replace(challenge, now) {
      entries.delete(challenge.key);
      dropHeads(now);
      entries.set(challenge.key, { challenge, attempts: 0 });
    },
    async countAttempt(key, now) {
      const entry = liveEntry(key, now);
      if (entry === undefined || entry.attempts >= entry.challenge.attemptsAllowed) return undefined;
      entry.attempts += 1;
      return entry.challenge;
    },
    async consume(key, challengeId, now) {
      if (liveEntry(key, now)?.challenge.id !== challengeId) return false;
      return entries.delete(key);
    },
  };
}
