/** Counts and durations for Prometheus. No label holds more of a mobile than its first four digits. */
import type { AnsweredRequest, IssuerEvent } from './domain/events.ts';

/** Pass `onEvent` and `onRequest` to `createIssuer`, and answer `text()` to Prometheus, on a port that the public cannot reach. */
export interface IssuerMetrics {
  readonly onEvent: (event: IssuerEvent) => void;
  readonly onRequest: (request: AnsweredRequest) => void;
  /** Text format 0.0.4. */
  readonly text: () => string;
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

type Labels = Readonly<Record<string, string>>;

const ESCAPES: Labels = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

/** One family of series, as text for Prometheus (text format 0.0.4). */
interface Family {
  render(): string;
}

/** A count for each set of labels. */
class Counter implements Family {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, number>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  add(labels: Labels): void {
    const text = labelText(labels);
    this.#series.set(text, (this.#series.get(text) ?? 0) + 1);
  }

  render(): string {
    const lines = [...this.#series].map(([labels, value]) => `${this.#name}${braced(labels)} ${value}`);
    return [heading(this.#name, this.#help, 'counter'), ...lines].join('\n');
  }
}

/** Durations in seconds, in buckets. */
class Histogram implements Family {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, { counts: number[]; sum: number }>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  observe(labels: Labels, seconds: number): void {
    const text = labelText(labels);
    const series = this.#series.get(text) ?? { counts: [...this.#bounds, Infinity].map(() => 0), sum: 0 };
    const bucket = this.#bounds.findIndex((bound) => seconds <= bound);
    const index = bucket === -1 ? this.#bounds.length : bucket;
    series.counts[index] = (series.counts[index] ?? 0) + 1;
    series.sum += seconds;
    this.#series.set(text, series);
  }

  render(): string {
    const lines = [...this.#series].flatMap(([labels, { counts, sum }]) => {
      let total = 0;
      const buckets = counts.map((count, index) => {
        total += count;
        const bound = this.#bounds[index] ?? '+Inf';
        return `${this.#name}_bucket${braced(`${labels},le="${bound}"`)} ${total}`;
      });
      return buckets.concat(
        `${this.#name}_sum${braced(labels)} ${sum}`,
        `${this.#name}_count${braced(labels)} ${total}`,
      );
    });
    return [heading(this.#name, this.#help, 'histogram'), ...lines].join('\n');
  }
}

function heading(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}`;
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, (character) => ESCAPES[character] ?? '')}"`)
    .join(',');
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}
