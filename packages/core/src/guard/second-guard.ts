import type { Decision } from './decide.ts';

// On the global object: a second copy of this package may hold the guard that the request has passed.
const PASSED = Symbol.for('verified-mobile.passed-requests.1');
const registry = globalThis as { [PASSED]?: WeakSet<object> };

/** A request that has passed and is presented again is no replay by a caller: its route is guarded twice. */
export function tellSecondGuard(decision: Decision, request: unknown): Decision {
  if (typeof request !== 'object' || request === null) return decision;
  const passed = (registry[PASSED] ??= new WeakSet());
  if (decision.outcome === 'passed') passed.add(request);
  const isUsed = decision.outcome === 'refused' && decision.reason === 'used';
  return isUsed && passed.has(request) ? { ...decision, reason: 'second-guard' } : decision;
}
