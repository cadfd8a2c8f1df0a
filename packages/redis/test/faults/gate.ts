import { createGuard, type ReplayStore } from '@verified-mobile/core';
import type { TestIssuer } from '@verified-mobile/core/testing';
import { historyClock, type Invocation } from '@verified-mobile/test-support/history';

/** A service, as a token meets it: the guard with its store, or what somebody might build instead. */
export interface Gate {
  readonly present: (token: string, operation: string) => Promise<{ passed: boolean; retry: boolean } | 'unavailable'>;
  /** The handler has done its work, and then failed. */
  readonly handlerFailed: (token: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What we ship. */
export function guardGate(issuer: TestIssuer, store: ReplayStore): Gate {
  const guard = createGuard<{ token: string; operation: string }>({
    issuers: issuer.trusted,
    replayStore: store,
    token: (request) => request.token,
    service: 'payouts',
    idempotencyKey: (request) => request.operation,
    // The store's own deadline decides.
    storeTimeoutMs: 60_000,
  });
  return {
    present: async (token, operation) => {
      const verdict = await guard.decide({ request: { token, operation }, method: 'POST', url: '/payouts' });
      if (verdict.outcome === 'passed') return { passed: true, retry: verdict.proof.retry };
      return verdict.outcome === 'refused' && verdict.refusal.status === 503
        ? 'unavailable'
        : { passed: false, retry: false };
    },
    handlerFailed: async () => Promise.resolve(),
    close: async () => store.close?.(),
  };
}

/** Presents a token and writes down what its caller saw. */
export async function present(
  gate: Gate,
  history: Invocation[],
  { id, token, operation, process }: { id: string; token: string; operation: string; process: string },
): Promise<Invocation['outcome']> {
  const start = historyClock();
  const answer = await gate.present(token, operation);
  const known = answer !== 'unavailable';
  const outcome = known ? (answer.passed ? 'accepted' : 'refused') : 'unknown';
  const retry = known && answer.passed ? { retry: answer.retry } : {};
  history.push({ id, operation, process, start, end: historyClock(), outcome, ...retry });
  return outcome;
}
