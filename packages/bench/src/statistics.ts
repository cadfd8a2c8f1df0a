export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The value below which that share of the values lies, by nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** What several rounds measured: their median, and between which values the middle half of them lies. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), low: percentile(values, 25), high: percentile(values, 75) };
}

/** One cost in terms of another. Without agreement there is no ratio to quote, only what the rounds said. */
export type Ratio =
  | (Spread & { readonly outcome: 'agreed' })
  | (Omit<Spread, 'median'> & { readonly outcome: 'disagreed' })
  | { readonly outcome: 'too-few-rounds'; readonly rounds: number };

/** Two rounds may agree by chance. */
const FEWEST_ROUNDS = 3;

/** How far the middle half of the rounds may spread, as a share of their median. */
const WIDEST_SPREAD = 0.15;

/**
 * The ratio of two costs, taken in each round by itself: a machine that slows down slows both.
 *
 * @param costs one for each round
 * @param references what to divide by, of the same rounds
 */
export function ratioOf(costs: readonly number[], references: readonly number[]): Ratio {
  const ratios = costs.map((cost, round) => cost / (references[round] ?? Number.NaN));
  if (ratios.length < FEWEST_ROUNDS) return { outcome: 'too-few-rounds', rounds: ratios.length };
  const spread = spreadOf(ratios);
  const { low, high } = spread;
  // Written so that NaN disagrees. A cost above the bare route that is not above zero was lost in the noise.
  const agreed = low > 0 && high - low <= WIDEST_SPREAD * spread.median;
  return agreed ? { outcome: 'agreed', ...spread } : { outcome: 'disagreed', low, high };
}
