/** Counts and durations for Prometheus. No label holds more of a mobile than its first four digits. */
import type { IssuerEvent } from './domain/events.ts';
import { Counter, Histogram } from './metrics/exposition.ts';
import type { AnsweredRequest } from './setup/options.ts';

/** Pass `onEvent` and `onRequest` to `createIssuer`, and answer `text()` to Prometheus, where the public cannot ask. */
export interface IssuerMetrics {
  onEvent: (event: IssuerEvent) => void;
  onRequest: (request: AnsweredRequest) => void;
  /** Text format 0.0.4. */
  text: () => string;
  readonly contentType: string;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * What `text()` says:
 * - `issuer_events_total{kind,outcome,reason,account}`: sends, attempts, tokens, validations, consumptions, refusals
 * - `issuer_codes_sent_total{prefix}`, `issuer_codes_verified_total{prefix}`: the conversion of each prefix
 * - `issuer_sends_slowed_total{account,prefix}`: sends refused because the prefix sends much and verifies little
 * - `issuer_waits_total{account}`: how often failures made a mobile wait
 * - `issuer_request_seconds{method,route,status}`: a histogram
 *
 * @example
 * ```ts
 * const metrics = createMetrics();
 * const issuer = createIssuer({ ...options, onEvent: metrics.onEvent, onRequest: metrics.onRequest });
 * ```
 */
export function createMetrics(): IssuerMetrics {
  const events = new Counter('issuer_events_total', 'What happened, with its true reason.');
  const sent = new Counter('issuer_codes_sent_total', 'Codes whose SMS was accepted.');
  const verified = new Counter('issuer_codes_verified_total', 'Codes that were exchanged for a token.');
  const slowed = new Counter('issuer_sends_slowed_total', 'Sends refused because the prefix hardly ever verifies.');
  const waits = new Counter('issuer_waits_total', 'Times that failures made a mobile wait.');
  const durations = new Histogram('issuer_request_seconds', 'From request to answer.', SECONDS);
  return {
    onEvent({ kind, outcome, reason = '', account = '', prefix = '', slowed: isSlowed, waitMs }) {
      events.add({ kind, outcome, reason, account });
      if (kind === 'send' && outcome === 'accepted' && reason !== 'repeated') sent.add({ prefix });
      if (kind === 'token') verified.add({ prefix });
      if (isSlowed) slowed.add({ account, prefix });
      if (waitMs !== undefined) waits.add({ account });
    },
    onRequest({ method, route, status, durationMs }) {
      durations.observe({ method, route, status: String(status) }, durationMs / 1000);
    },
    text: () => `${[events, sent, verified, slowed, waits, durations].map((family) => family.render()).join('\n')}\n`,
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  };
}
