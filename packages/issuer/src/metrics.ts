/** Counts and durations for Prometheus. No label holds more of a mobile than its first four digits. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AnsweredRequest, DeliveryObservation, IssuerEvent, Measurement } from './domain/events.ts';
import type { IssuerFault } from './domain/ports.ts';
import { refuseUnknownNames } from './lib/settings.ts';

export interface MetricsOptions {
  /**
   * Adds memory, CPU, event loop and garbage collection of this process, under the names of `prom-client`. They are
   * observed until the process ends: once is enough for a process. Default false.
   */
  readonly processMetrics?: boolean;
}

/** Pass the `on…` functions to `createIssuer`, and answer `text()` on a port that Prometheus can reach and the public cannot. */
export interface IssuerMetrics {
  readonly onEvent: (event: IssuerEvent) => void;
  readonly onRequest: (request: AnsweredRequest) => void;
  readonly onMeasured: (measurement: Measurement) => void;
  readonly onDelivery: (observation: DeliveryObservation) => void;
  readonly onFault: (fault: IssuerFault) => void;
  /** Text format 0.0.4. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

/** The methods that a route takes or a browser sends; any other is `other`, for a client may make up as many as it likes. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Up to the longest deadline that `smsTimeoutMs` takes. */
const SMS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30];
const STORAGE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * What `text()` says:
 * - `issuer_events_total{kind,outcome,reason,account}`: sends, attempts, tokens, validations, consumptions, refusals;
 *   `account` is empty if no account signed the request
 * - `issuer_codes_sent_total{prefix}`, `issuer_codes_verified_total{prefix}`: the conversion of each prefix
 * - `issuer_sends_slowed_total{account,prefix}`: sends refused because the prefix or the account sends much and verifies little
 * - `issuer_waits_total{account}`: how often failures made a mobile wait
 * - `issuer_stops_total{account}`: how often failures stopped a mobile until an operator releases it
 * - `issuer_faults_total{during}`: failures that a caller saw only as "not sent" or "internal error", or not at all
 * - `issuer_sms_queue_length`: SMS of this process that wait for a route
 * - `issuer_sms_circuit_open{route}`: 1 while a route is spared because it failed several times in a row, else 0
 * - `issuer_sms_receipts_total{route,status}`: receipts that said something new; `unmatched` those of no message known so far
 * - `issuer_request_seconds{method,route,status}`: a histogram, like those that follow
 * - `issuer_sms_seconds{route,outcome}`: one hand-over: `accepted`, `refused`, or `unknown`, as when its deadline passed
 * - `issuer_store_seconds{verb,outcome}`: one verb of the store, `answered` or `failed`
 * - `issuer_ledger_seconds{outcome}`: from the append of an event until it is `written`, or has `failed`
 *
 * @throws {IssuerError} `invalid_configuration` for an option that it does not have
 *
 * @example
 * ```ts
 * const { text, contentType, ...listeners } = createMetrics();
 * const issuer = createIssuer({ ...options, ...listeners });
 * ```
 */
export function createMetrics(options: MetricsOptions = {}): IssuerMetrics {
  refuseUnknownNames('createMetrics', options, ['processMetrics']);
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  return {
    onEvent: countEvents(registry),
    onRequest: timeRequests(registry),
    onMeasured: timeParts(registry),
    onDelivery: countDelivery(registry),
    onFault: countFaults(registry),
    text: async () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function countEvents(registry: Registry): IssuerMetrics['onEvent'] {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const events = counter('issuer_events_total', 'What happened, with its true reason.', [
    'kind',
    'outcome',
    'reason',
    'account',
  ]);
  const sent = counter('issuer_codes_sent_total', 'Codes whose SMS was not refused.', ['prefix']);
  const verified = counter('issuer_codes_verified_total', 'Codes that were exchanged for a token.', ['prefix']);
  const slowed = counter(
    'issuer_sends_slowed_total',
    'Sends refused because the prefix or the account hardly ever verifies.',
    ['account', 'prefix'],
  );
  const waits = counter('issuer_waits_total', 'Times that failures made a mobile wait.', ['account']);
  const stops = counter('issuer_stops_total', 'Mobiles that only an operator can release.', ['account']);
  return ({ kind, outcome, reason = '', account = '', prefix = '', slowed: isSlowed, waitMs, stopped }) => {
    events.inc({ kind, outcome, reason, account });
    if (kind === 'send' && outcome === 'accepted' && reason !== 'repeated') sent.inc({ prefix });
    if (kind === 'token') verified.inc({ prefix });
    if (isSlowed) slowed.inc({ account, prefix });
    if (waitMs !== undefined) waits.inc({ account });
    if (stopped) stops.inc({ account });
  };
}

function timeRequests(registry: Registry): IssuerMetrics['onRequest'] {
  const requests = histogramIn(registry, 'issuer_request_seconds', 'From request to answer.', REQUEST_SECONDS, [
    'method',
    'route',
    'status',
  ]);
  return ({ method, route, status, durationMs }) =>
    requests.observe({ method: METHODS.has(method) ? method : 'other', route, status }, durationMs / 1000);
}

function timeParts(registry: Registry): IssuerMetrics['onMeasured'] {
  const sms = histogramIn(registry, 'issuer_sms_seconds', 'Hand-overs of an SMS.', SMS_SECONDS, ['route', 'outcome']);
  const store = histogramIn(registry, 'issuer_store_seconds', 'Calls of the store.', STORAGE_SECONDS, [
    'verb',
    'outcome',
  ]);
  const ledger = histogramIn(registry, 'issuer_ledger_seconds', 'From append to written.', STORAGE_SECONDS, [
    'outcome',
  ]);
  return (measurement) => {
    const { outcome, durationMs } = measurement;
    const seconds = durationMs / 1000;
    switch (measurement.part) {
      case 'sms':
        return sms.observe({ route: measurement.route, outcome }, seconds);
      case 'store':
        return store.observe({ verb: measurement.verb, outcome }, seconds);
      case 'ledger':
        return ledger.observe({ outcome }, seconds);
    }
  };
}

function countDelivery(registry: Registry): IssuerMetrics['onDelivery'] {
  const registers = [registry];
  const queue = new Gauge({ name: 'issuer_sms_queue_length', help: 'SMS that wait for a route.', registers });
  const circuit = new Gauge({
    name: 'issuer_sms_circuit_open',
    help: 'Whether a route is spared because it fails.',
    labelNames: ['route'],
    registers,
  });
  const receipts = new Counter({
    name: 'issuer_sms_receipts_total',
    help: 'Receipts of providers.',
    labelNames: ['route', 'status'],
    registers,
  });
  return (observation) => {
    switch (observation.kind) {
      case 'queue':
        return queue.set(observation.length);
      case 'circuit':
        return circuit.set({ route: observation.route }, observation.state === 'open' ? 1 : 0);
      case 'receipt':
        return receipts.inc({ route: observation.route, status: observation.status });
    }
  };
}

function countFaults(registry: Registry): IssuerMetrics['onFault'] {
  const faults = new Counter({
    name: 'issuer_faults_total',
    help: 'Failures of the store, the ledger, the outbox, the SMS transport, or of the code that runs them.',
    labelNames: ['during'],
    registers: [registry],
  });
  return ({ during }) => faults.inc({ during });
}

function histogramIn<Label extends string>(
  registry: Registry,
  name: string,
  help: string,
  buckets: number[],
  labelNames: Label[],
): Histogram<Label> {
  return new Histogram({ name, help, buckets, labelNames, registers: [registry] });
}
