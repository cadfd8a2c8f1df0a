import { median, ratioOf, spreadOf } from '../statistics.ts';
import { ratioCell, spreadCell } from '../table.ts';
import { BARE, type Contender, OURS, SIGNATURE } from './contenders.ts';
import type { Load, Measure, Sample } from './measure.ts';

export interface Comparison {
  /** Sent to every contender. */
  readonly requestsPerSecond: number;
  /** By contender, one for each round. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
}

interface ComparisonSettings {
  readonly contenders: readonly Contender[];
  /** Called for each measurement, because tokens expire. */
  readonly newLoad: () => Load;
  readonly measure: Measure;
  readonly rounds: number;
}

/** One sample of each contender in each round, so that a drift of the machine meets all of them. */
export async function compare({ contenders, newLoad, measure, rounds }: ComparisonSettings): Promise<Comparison> {
  const floods: number[] = [];
  for (const contender of contenders) floods.push((await measure(contender, newLoad(), 'flood')).requestsPerSecond);
  const requestsPerSecond = steadyRate(floods);
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      samples.get(contender.name)?.push(await measure(contender, newLoad(), requestsPerSecond));
    }
  }
  return { requestsPerSecond, samples };
}

/** Half of what the slowest does: nearer to it, p99 and CPU time are those of a queue. */
export function steadyRate(floods: readonly number[]): number {
  return Math.max(1, Math.floor(Math.min(...floods) / 2));
}

export const COMPARISON_HEADER: readonly string[] = ['', 'added CPU µs', '÷ signature check', 'ours ÷ this', 'p99 ms'];

/** What each contender adds to the bare route of the same round, and that as a ratio. */
export function comparisonRows(samples: Comparison['samples']): readonly (readonly string[])[] {
  const check = addedCpu(samples, SIGNATURE);
  const ours = addedCpu(samples, OURS);
  return [...samples].map(([name, own]) => {
    const unexpected = unexpectedIn(own);
    if (unexpected > 0) return [name, `void: ${unexpected} unexpected answers`, '', '', ''];
    const p99 = median(own.map(({ p99Milliseconds }) => p99Milliseconds)).toFixed(1);
    if (name === BARE) return [name, `[${spreadCell(spreadOf(own.map(cpuOf)))}]`, '', '', p99];
    const added = addedCpu(samples, name);
    return [name, added === undefined ? '' : spreadCell(spreadOf(added)), ratio(added, check), ratio(ours, added), p99];
  });
}

function ratio(costs: readonly number[] | undefined, references: readonly number[] | undefined): string {
  return costs === undefined || references === undefined ? '' : ratioCell(ratioOf(costs, references));
}

/** By round; `undefined` if this contender or the bare route was not measured at what it is for. */
function addedCpu(samples: Comparison['samples'], name: string): readonly number[] | undefined {
  const bare = samples.get(BARE) ?? [];
  const own = samples.get(name) ?? [];
  if (unexpectedIn([...bare, ...own]) > 0) return undefined;
  return own.map((sample, round) => cpuOf(sample) - (bare[round]?.cpuMicroseconds ?? Number.NaN));
}

function cpuOf({ cpuMicroseconds }: Sample): number {
  return cpuMicroseconds;
}

function unexpectedIn(samples: readonly Sample[]): number {
  return samples.reduce((sum, { unexpected }) => sum + unexpected, 0);
}
