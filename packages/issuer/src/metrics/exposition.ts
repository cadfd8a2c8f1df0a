type Labels = Readonly<Record<string, string>>;

/** One family of series, as text for Prometheus (text format 0.0.4). */
export interface Family {
  render(): string;
}

/** A count for each set of labels. */
export class Counter implements Family {
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
export class Histogram implements Family {
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

const ESCAPES: Labels = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}
