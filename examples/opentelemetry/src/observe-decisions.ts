import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { metrics, trace } from '@opentelemetry/api';
import type { DecisionEvent } from '@verified-mobile/core';

const CHANNEL = 'verified-mobile:decision';

/**
 * Counts every decision of every guard in this process, and notes it on the span of its request. Events hold no token
 * and no whole mobile, and the masked one stays out of the metric: it would make a series of every customer.
 *
 * @returns a function that ends the observation
 */
export function observeDecisions(): () => void {
  const meter = metrics.getMeter('verified-mobile');
  const decisions = meter.createCounter('verified_mobile.decisions', { description: 'Decisions of the guard' });
  const duration = meter.createHistogram('verified_mobile.decision.duration', { unit: 'ms' });

  const observe = (message: unknown): void => {
    const { outcome, code, reason, durationMs, proofId, retry } = message as DecisionEvent;
    const attributes = { outcome, ...(code && { code }), ...(reason && { reason }) };
    decisions.add(1, attributes);
    duration.record(durationMs, { outcome });
    trace.getActiveSpan()?.addEvent('verified_mobile.decision', {
      ...attributes,
      ...(proofId !== undefined && { proof_id: proofId }),
      ...(retry !== undefined && { retry }),
    });
  };
  subscribe(CHANNEL, observe);
  return () => void unsubscribe(CHANNEL, observe);
}
