import { median, percentile } from '../statistics.ts';
import { printTable } from '../table.ts';
import { measureBytesPerId } from './bytes-per-id.ts';
import { type Contender, postgresContenders, redisContenders } from './contenders.ts';
import { measureGuardThroughput } from './guard-throughput.ts';
import { measure, type Measurement } from './measure.ts';
import { startPostgres, startRedis } from './databases.ts';

/** One at a time shows what a use adds to a request; 32 share round trips, and show what it costs the machine. */
const CONCURRENCIES = [1, 32];
const ROUNDS = 5;
const ROUND_MS = 1_000;
const IDS = 1_000_000;

/** What one use of a token costs in each store, beside the bare command by the same client. */
export async function run(): Promise<void> {
  const servers = [await startRedis(), await startRedis(), await startPostgres()] as const;
  const [plain, compact, postgres] = servers;
  const contenders = [
    ...(await redisContenders(plain.socket, compact.socket)),
    ...(await postgresContenders(postgres.socket)),
  ];
  for (const concurrency of CONCURRENCIES) {
    const results = new Map<Contender, Measurement[]>(contenders.map((contender) => [contender, []]));
    for (const contender of contenders) await measure(contender.run, concurrency, ROUND_MS / 2);
    // Round by round, so that other work on the machine slows them all alike.
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [contender, rounds] of results) rounds.push(await measure(contender.run, concurrency, ROUND_MS));
    }
    printResults(results, concurrency);
  }
  for (const contender of contenders) await contender.close();
  for (const server of servers) server.stop();
  await measureGuardThroughput();
  await measureBytesPerId(IDS);
}

function printResults(results: ReadonlyMap<Contender, readonly Measurement[]>, concurrency: number): void {
  const rates = new Map(
    [...results].map(([{ name }, rounds]) => [name, median(rounds.map((round) => round.perSecond))]),
  );
  const rows = [...results].map(([{ name, bare }, rounds]) => {
    const rate = rates.get(name) ?? Number.NaN;
    const ratio = bare === undefined ? '' : (rate / (rates.get(bare) ?? Number.NaN)).toFixed(2);
    const cpu = median(rounds.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(1);
    const p99 = median(rounds.map(({ latenciesMs }) => percentile(latenciesMs, 99))).toFixed(2);
    return [name, rate.toFixed(0), ratio, cpu, p99];
  });
  printTable(
    `One use of a token, ${concurrency} at once, medians of ${ROUNDS} rounds (target: Redis at 0.7 of the bare command)`,
    ['store', 'uses/s', 'of bare', 'CPU µs', 'p99 ms'],
    rows,
  );
}
