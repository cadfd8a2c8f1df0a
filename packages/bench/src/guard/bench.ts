import { printTable } from '../table.ts';
import { compare, COMPARISON_HEADER, comparisonRows } from './comparison.ts';
import { CONTENDERS, type Framework } from './contenders.ts';
import { compareInProcess } from './in-process.ts';
import { ALGORITHMS, newIssuer, youngTokens } from './keys.ts';
import { canPin, measureWith } from './measure.ts';
import { measureMemory } from './memory.ts';
import { compareRefusals } from './refusals.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const TOKENS = Number(process.env['TOKENS'] ?? 3_000);
const WARM_UP = 5_000;
const FRAMEWORKS: readonly Framework[] = ['Express', 'Koa', 'Fastify', 'Hono'];

const PARTS: Readonly<Record<string, () => void | Promise<void>>> = {
  'in-process': compareInProcess,
  routes: compareRoutes,
  refusals: async () => compareRefusals(FRAMEWORKS, { rounds: ROUNDS, warmUp: WARM_UP, tokens: TOKENS }),
  memory: measureMemory,
};

/** Prints what a guard costs, beside everything else one could mount there: all parts, or those named after `guard`. */
export async function run(): Promise<void> {
  const named = process.argv.slice(3);
  const unknown = named.filter((part) => !Object.hasOwn(PARTS, part));
  if (unknown.length > 0) throw new Error(`No part ${unknown.join(', ')}. There are ${Object.keys(PARTS).join(', ')}.`);
  console.log('Behind each median in brackets: between which values the middle half of the rounds lies.');
  for (const [part, print] of Object.entries(PARTS)) if (named.length === 0 || named.includes(part)) await print();
}

/** Prints what a guarded request costs above the bare route. */
async function compareRoutes(): Promise<void> {
  console.log(`\n${ROUNDS} rounds of ${TOKENS} unique tokens each, 32 connections.`);
  console.log(canPin ? 'Each server is kept on one core.' : 'No taskset here: servers move between cores.');
  for (const algorithm of ALGORITHMS) {
    const issuer = newIssuer(algorithm);
    const [warmUp, tokens] = [youngTokens(issuer, WARM_UP), youngTokens(issuer, TOKENS)];
    for (const framework of FRAMEWORKS) {
      const { samples, requestsPerSecond } = await compare({
        contenders: CONTENDERS.filter((one) => one.framework === framework && one.algorithms.includes(algorithm)),
        newLoad: () => ({ warmUp: warmUp(), tokens: tokens(), status: 201 }),
        measure: measureWith(algorithm, issuer.jwk),
        rounds: ROUNDS,
      });
      const title = `${framework}, ${algorithm}, at ${requestsPerSecond} requests/s`;
      printTable(title, COMPARISON_HEADER, comparisonRows(samples));
    }
  }
}
