import type { TestIssuer } from '@verified-mobile/core/testing';
import { median, ratioOf, spreadOf } from '../statistics.ts';
import { printTable, ratioCell, spreadCell } from '../table.ts';
import { steadyRate } from './comparison.ts';
import { BARE, type Framework, OURS } from './contenders.ts';
import { ALGORITHMS, mint, newIssuer, youngTokens } from './keys.ts';
import { type Load, type Measure, measureWith } from './measure.ts';

interface Sizes {
  readonly rounds: number;
  readonly warmUp: number;
  readonly tokens: number;
}

/** Prints what it costs to refuse, against what it costs to accept. */
export async function compareRefusals(frameworks: readonly Framework[], sizes: Sizes): Promise<void> {
  const issuer = newIssuer('RS256');
  const measure = measureWith('RS256', issuer.jwk);
  const loads = loadsOf(issuer, sizes);
  for (const framework of frameworks) {
    const costs = await costsOfRefusing(framework, measure, loads, sizes.rounds);
    const accepted = costs['accepted']?.added ?? [];
    const rows = Object.entries(costs).map(([kind, { added, floods }]) => [
      kind,
      spreadCell(spreadOf(added)),
      kind === 'accepted' ? '' : ratioCell(ratioOf(added, accepted)),
      median(floods).toFixed(0),
    ]);
    printTable(`${framework}, RS256: refusing`, ['', 'added CPU µs', '÷ accepted', 'requests/s in a flood'], rows);
  }
}

type Loads = Readonly<Record<'accepted' | 'expired' | 'malformed' | 'replayed', () => Load>>;

function loadsOf(issuer: TestIssuer, sizes: Sizes): Loads {
  const warmUp = youngTokens(issuer, sizes.warmUp);
  const good = youngTokens(issuer, sizes.tokens);
  const now = Math.floor(Date.now() / 1000);
  const expired = mint(issuer, sizes.tokens, { claims: { iat: now - 900, exp: now - 600 } });
  return {
    accepted: () => ({ warmUp: warmUp(), tokens: good(), status: 201 }),
    expired: () => ({ warmUp: warmUp(), tokens: expired, status: 401 }),
    malformed: () => ({ warmUp: warmUp(), tokens: good().map((token) => `${token}=`), status: 401 }),
    replayed: () => {
      const used = warmUp();
      const tokens = Array.from({ length: sizes.tokens }, (_, index) => used[index % used.length] ?? '');
      return { warmUp: used, tokens, status: 401 };
    },
  };
}

/** By kind of token, one value for each round. */
type Costs = Readonly<Record<string, { readonly added: number[]; readonly floods: number[] }>>;

async function costsOfRefusing(framework: Framework, measure: Measure, loads: Loads, rounds: number): Promise<Costs> {
  const bare = { framework, name: BARE, algorithms: ALGORITHMS };
  const guarded = { framework, name: OURS, algorithms: ALGORITHMS };
  const costs: Costs = Object.fromEntries(Object.keys(loads).map((kind) => [kind, { added: [], floods: [] }]));
  const guardedOnce = async (kind: string, newLoad: () => Load, rate: number | 'flood') => {
    const load = newLoad();
    const sample = await measure(guarded, load, rate);
    if (sample.unexpected === 0) return sample;
    throw new Error(`${framework}: not every ${kind} token was answered ${load.status}`);
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, newLoad] of Object.entries(loads)) {
      costs[kind]?.floods.push((await guardedOnce(kind, newLoad, 'flood')).requestsPerSecond);
    }
  }
  const rate = steadyRate(Object.values(costs).flatMap(({ floods }) => floods));
  for (let round = 0; round < rounds; round += 1) {
    const base = await measure(bare, loads.accepted(), rate);
    for (const [kind, newLoad] of Object.entries(loads)) {
      const { cpuMicroseconds } = await guardedOnce(kind, newLoad, rate);
      costs[kind]?.added.push(cpuMicroseconds - base.cpuMicroseconds);
    }
  }
  return costs;
}
