import { subjectKey } from '../domain/challenge.ts';
import { FIRST_WAIT_MS } from '../domain/limits.ts';
import type { OtpStore } from '../domain/otp-store.ts';
import { FAILING_MOBILES } from './failing-mobiles.ts';

/** The store, with the mobiles that fail in it: the one that is locked, and the one whose codes have expired. */
export function failingOtpStore(store: OtpStore, account: string): OtpStore {
  const locked = subjectKey({ account, mobile: FAILING_MOBILES.locked.mobile });
  const expired = subjectKey({ account, mobile: FAILING_MOBILES.expired.mobile });
  return {
    ...store,
    async reserveSend(send, now) {
      if (send.subject !== locked) return store.reserveSend(send, now);
      return { outcome: 'refused', reason: 'failures', retryAfterMs: FIRST_WAIT_MS };
    },
    async commitSend(send, challenge, now) {
      const committed = send.subject === expired ? { ...challenge, expiresAt: now } : challenge;
      return store.commitSend(send, committed, now);
    },
    async countAttempt(attempt, now) {
      if (attempt.subject !== locked) return store.countAttempt(attempt, now);
      return { outcome: 'refused', reason: 'failures' };
    },
  };
}
