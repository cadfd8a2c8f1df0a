import { channel } from 'node:diagnostics_channel';
import type { Clock } from '../lib/clock.ts';
import { maskMobile } from '../lib/mobile.ts';
import { adviseOperator } from './advice.ts';
import type { Decision } from './decide.ts';
import type { GuardSettings } from './options.ts';
import type { DecisionEvent } from './decision-event.ts';

const decisions = channel('verified-mobile:decision');

/**
 * Reports decisions to the hook and the channel, and without either says once what to look at. A hook that fails changes
 * nothing and is warned about once.
 */
export function createReporter<Request>(
  settings: Pick<GuardSettings<Request>, 'onDecision' | 'clock'>,
  advise: (decision: Decision) => void = adviseOperator,
): (decision: Decision, startedAt: number) => void {
  const { onDecision, clock } = settings;
  let warned = false;
  const warn = (): void => {
    if (warned) return;
    warned = true;
    process.emitWarning('The onDecision hook failed. Decisions stand as they are.', { code: 'VERIFIED_MOBILE_HOOK' });
  };
  return (decision, startedAt) => {
    if (onDecision === undefined && !decisions.hasSubscribers) return advise(decision);
    const event = describe(decision, timeOf(clock), startedAt);
    decisions.publish(event);
    if (onDecision === undefined) return;
    try {
      void Promise.resolve(onDecision(event)).catch(warn);
    } catch {
      warn();
    }
  };
}

/** Where the time is in doubt, as near as can be: an event is never lost for it. */
function timeOf(clock: Clock): number {
  try {
    return clock();
  } catch {
    return Date.now();
  }
}

function describe(decision: Decision, at: number, startedAt: number): DecisionEvent {
  const { outcome, token, use, firstUsedAt, firstOperation, error } = decision;
  return {
    outcome,
    at,
    durationMs: performance.now() - startedAt,
    ...(decision.outcome === 'refused' && { code: decision.code, reason: decision.reason }),
    ...(token && { issuer: token.issuer, mobile: maskMobile(token.mobile) }),
    ...(use && { proofId: use.id, operation: use.operation }),
    ...(decision.outcome === 'passed' && { retry: decision.retry }),
    ...(firstUsedAt !== undefined && { firstUsedAt }),
    ...(firstOperation !== undefined && { firstOperation }),
    ...(error !== undefined && { error }),
  };
}
