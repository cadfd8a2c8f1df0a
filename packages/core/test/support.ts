import { createGuard, type DecisionEvent, type GuardOptions, type RefusalCode } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore, type TestIssuerOptions } from '@verified-mobile/core/testing';

export const NOW = Date.UTC(2026, 4, 22, 10, 34, 4);

/** A guard, the issuer it trusts, the time both share, and what the guard told its operator. */
export function guardBench(options: GuardOptions = {}, issuerOptions: TestIssuerOptions = {}, time = { now: NOW }) {
  const clock = (): number => time.now;
  const issuer = createTestIssuer({ clock, ...issuerOptions });
  const events: DecisionEvent[] = [];
  const guard = createGuard({
    issuers: issuer.trusted,
    replayStore: isolatedMemoryReplayStore({ clock }),
    clock,
    onDecision: (event) => void events.push(event),
    ...options,
  });
  /** 'passed' or 'not-guarded', or the code of the refusal. */
  const present = async (token: unknown, request: unknown = {}): Promise<'passed' | 'not-guarded' | RefusalCode> => {
    const verdict = await guard.decide({
      request,
      method: 'POST',
      url: '/payouts',
      header: (name) => (name === 'otp-verification-token' ? (token as string) : undefined),
    });
    return verdict.outcome === 'refused' ? verdict.refusal.code : verdict.outcome;
  };
  return { time, clock, issuer, guard, events, present };
}
