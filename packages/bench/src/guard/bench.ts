import type { TestAlgorithm, TestIssuer } from '@verified-mobile/core/testing';
import { median } from '../statistics.ts';
import { printTable } from '../table.ts';
import { BARE, CONTENDERS, type Contender, type Framework, OURS, SIGNATURE } from './contenders.ts';
import { ALGORITHMS, newIssuer } from './keys.ts';
import { canPin, type Load, measure, type Sample } from './measure.ts';
import { measureMemory } from './memory.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const TOKENS = Number(process.env['TOKENS'] ?? 3_000);
const WARM_UP = 5_000;
const FRAMEWORKS: readonly Framework[] = ['Express', 'Koa', 'Fastify', 'Hono'];

/** Prints what a guarded request costs above the bare route, beside what the alternatives cost. */
export async function run(): Promise<void> {
  console.log(`Median of ${ROUNDS} rounds of ${TOKENS} unique tokens each, 32 connections.`);
  console.log(canPin ? 'Each server is kept on one core.' : 'No taskset here: servers move between cores.');
  for (const algorithm of ALGORITHMS) {
    const issuer = newIssuer(algorithm);
    const load = { warmUp: mint(issuer, WARM_UP), tokens: mint(issuer, TOKENS), status: 201 };
    for (const framework of FRAMEWORKS) {
      const contenders = CONTENDERS.filter((one) => one.framework === framework && one.algorithms.includes(algorithm));
      printComparison(
        `${framework}, ${algorithm}`,
        contenders,
        await rounds(contenders, algorithm, issuer, load),
        load,
      );
    }
  }
  await compareRefusals();
  measureMemory();
}

function mint(issuer: TestIssuer, count: number, changes = {}): string[] {
  return Array.from({ length: count }, () => issuer.mint(changes));
}

/** One sample of each contender in each round, so that other work on the machine slows them all alike. */
async function rounds(
  contenders: readonly Contender[],
  algorithm: TestAlgorithm,
  issuer: TestIssuer,
  load: Load,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) {
      samples.get(contender.name)?.push(await measure(contender, algorithm, issuer.jwk, load));
    }
  }
  return samples;
}

/** What each contender adds to the bare route of the same round. */
function addedCpu(samples: ReadonlyMap<string, readonly Sample[]>, name: string): number {
  const bare = samples.get(BARE) ?? [];
  const own = samples.get(name) ?? [];
  return median(own.map(({ cpuMicroseconds }, round) => cpuMicroseconds - (bare[round]?.cpuMicroseconds ?? 0)));
}

function printComparison(
  title: string,
  contenders: readonly Contender[],
  samples: ReadonlyMap<string, readonly Sample[]>,
  load: Load,
): void {
  const check = addedCpu(samples, SIGNATURE);
  const ours = addedCpu(samples, OURS);
  const rows = contenders.map(({ name }) => {
    const own = samples.get(name) ?? [];
    const added = addedCpu(samples, name);
    const wrong = own.some(({ asExpected }) => asExpected !== load.tokens.length);
    const ratio = (value: number): string => (name === BARE ? '' : value.toFixed(2));
    return [
      wrong ? `${name} (not every answer was ${load.status})` : name,
      name === BARE ? `(${median(own.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(0)})` : added.toFixed(1),
      ratio(added / check),
      ratio(ours / added),
      median(own.map(({ p99Milliseconds }) => p99Milliseconds)).toFixed(1),
    ];
  });
  printTable(title, ['', 'added CPU µs', '÷ signature check', 'ours ÷ this', 'p99 ms'], rows);
}

/** What it costs to refuse, against what it costs to accept. */
async function compareRefusals(): Promise<void> {
  const issuer = newIssuer('RS256');
  const warmUp = mint(issuer, WARM_UP);
  const now = Math.floor(Date.now() / 1000);
  const accepted = mint(issuer, TOKENS);
  const loads: Readonly<Record<string, Load>> = {
    accepted: { warmUp, tokens: accepted, status: 201 },
    expired: { warmUp, tokens: mint(issuer, TOKENS, { claims: { iat: now - 900, exp: now - 600 } }), status: 401 },
    malformed: { warmUp, tokens: accepted.map((token) => `${token}=`), status: 401 },
    replayed: { warmUp, tokens: Array.from({ length: TOKENS }, () => warmUp[0] ?? ''), status: 401 },
  };
  for (const framework of FRAMEWORKS) {
    const bare = { framework, name: BARE, algorithms: ALGORITHMS };
    const guarded = { framework, name: OURS, algorithms: ALGORITHMS };
    const costs: Record<string, { added: number[]; rate: number[] }> = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const base = await measure(bare, 'RS256', issuer.jwk, { warmUp, tokens: accepted, status: 201 });
      for (const [kind, load] of Object.entries(loads)) {
        const sample = await measure(guarded, 'RS256', issuer.jwk, load);
        const cost = (costs[kind] ??= { added: [], rate: [] });
        cost.added.push(sample.cpuMicroseconds - base.cpuMicroseconds);
        const flooded = await measure(guarded, 'RS256', issuer.jwk, { ...load, flood: true });
        cost.rate.push(flooded.requestsPerSecond);
        if (sample.asExpected !== TOKENS)
          throw new Error(`${framework}: not every ${kind} token was answered ${load.status}`);
      }
    }
    const acceptedCost = median(costs['accepted']?.added ?? []);
    const rows = Object.entries(costs).map(([kind, { added, rate }]) => [
      kind,
      median(added).toFixed(1),
      (median(added) / acceptedCost).toFixed(2),
      median(rate).toFixed(0),
    ]);
    printTable(`${framework}, RS256: refusing`, ['', 'added CPU µs', '÷ accepted', 'requests/s in a flood'], rows);
  }
}
