/** What a decision costs by itself, without the socket and the framework that make all contenders alike. */
import { createGuard } from '@verified-mobile/core';
import type { TestAlgorithm, TestIssuer } from '@verified-mobile/core/testing';
import { ratioOf, spreadOf } from '../statistics.ts';
import { printTable, ratioCell, spreadCell } from '../table.ts';
import { type Check, commonCheck, guardOptions } from './checks.ts';
import { BY_HAND, OURS, SIGNATURE } from './contenders.ts';
import { mint, newIssuer, type PublishedKey } from './keys.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 15);
const TOKENS = Number(process.env['TOKENS'] ?? 2_000);
const NAMES = [SIGNATURE, OURS, BY_HAND];
/** Until then the cost of a token still falls. */
const WARM_UP_ROUNDS = 5;

/** Prints what each contender costs in one process, in terms of the signature check of the same round. */
export async function compareInProcess(): Promise<void> {
  for (const algorithm of ['RS256', 'ES256'] as const) {
    const costs = await costsOf(newIssuer(algorithm), algorithm);
    const rows = NAMES.map((name) => [
      name,
      spreadCell(spreadOf(costs[name] ?? [])),
      name === SIGNATURE ? '' : ratioCell(ratioOf(costs[name] ?? [], costs[SIGNATURE] ?? [])),
    ]);
    const title = `In process, ${algorithm}: ${ROUNDS} rounds of ${TOKENS} tokens`;
    printTable(title, ['', 'CPU µs a token', '÷ signature check'], rows);
  }
}

/** CPU time for each token, by contender and round. All contenders take their turn in each round. */
async function costsOf(issuer: TestIssuer, algorithm: TestAlgorithm): Promise<Readonly<Record<string, number[]>>> {
  const checks = await Promise.all(
    NAMES.map(async (name) => [name, await checkOf(name, issuer.jwk, algorithm)] as const),
  );
  const costs = Object.fromEntries(NAMES.map((name) => [name, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const tokens = mint(issuer, TOKENS);
    for (const [name, passes] of checks) {
      const cost = await cpuPerToken(name, passes, tokens);
      if (round >= 0) costs[name]?.push(cost);
    }
  }
  return costs;
}

export async function checkOf(name: string, jwk: PublishedKey, algorithm: TestAlgorithm): Promise<Check> {
  return (await commonCheck(name, jwk, algorithm)) ?? guardCheck(jwk, algorithm);
}

function guardCheck(jwk: PublishedKey, algorithm: TestAlgorithm): Check {
  const guard = createGuard(guardOptions(jwk, algorithm));
  return async (token) => {
    const header = (name: string): string | undefined => (name === 'otp-verification-token' ? token : undefined);
    const { outcome } = await guard.decide({ request: {}, method: 'POST', url: '/payouts', header });
    return outcome === 'passed';
  };
}

/** CPU time and not time: what else the machine does then counts little. All threads, because jose verifies in the thread pool. */
export async function cpuPerToken(name: string, passes: Check, tokens: readonly string[]): Promise<number> {
  const before = process.cpuUsage();
  for (const token of tokens) {
    if (!(await passes(token))) throw new Error(`${name} refused a token that is good.`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / tokens.length;
}
