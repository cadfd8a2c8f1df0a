import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Cost, costOf } from '../cost.ts';
import { median, percentile, ratioOf, spreadOf } from '../statistics.ts';
import { printTable, ratioCell, spreadCell } from '../table.ts';
import { type Contender, libraryContender, routeContender, WINDOW } from './contenders.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 9);
const MESSAGES = Number(process.env['MESSAGES'] ?? 5_000);
const MEMORY_MESSAGES = Number(process.env['MEMORY_MESSAGES'] ?? 100_000);
const READINGS = 5;

/** Prints what a submit costs, how many there are a second, and whether memory grows with them. */
export async function run(): Promise<void> {
  const smsc = fork(fileOf('smsc.js'));
  try {
    const [port] = (await once(smsc, 'message')) as [number];
    await measureRates(port);
    await measureMemory(port);
  } finally {
    smsc.disconnect();
  }
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

async function measureRates(port: number): Promise<void> {
  const contenders = [await routeContender(port), await libraryContender(port)] as const;
  for (const atATime of [WINDOW, 1]) {
    const costs = new Map<Contender, Cost[]>(contenders.map((contender) => [contender, []]));
    // Round by round, so that other work on the machine slows them all alike. The first one warms up.
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const [contender, own] of costs) {
        const cost = await costOf(contender.send, MESSAGES, atATime);
        if (round >= 0) own.push(cost);
      }
    }
    printRates(costs, contenders[1], atATime);
  }
  for (const { close } of contenders) await close();
}

function printRates(costs: ReadonlyMap<Contender, readonly Cost[]>, bare: Contender, atATime: number): void {
  const cpuOf = (contender: Contender): number[] => (costs.get(contender) ?? []).map((cost) => cost.cpuMicroseconds);
  const rows = [...costs].map(([contender, own]) => [
    contender.name,
    spreadCell(spreadOf(own.map(({ perSecond }) => perSecond)), 0),
    spreadCell(spreadOf(cpuOf(contender))),
    contender === bare ? '' : ratioCell(ratioOf(cpuOf(contender), cpuOf(bare))),
    latency(own, 50),
    latency(own, 99),
  ]);
  printTable(
    `Submits over one bind on loopback, ${atATime} at once, ${ROUNDS} rounds of ${MESSAGES} (goal: 1,000/s with ${WINDOW} at once)`,
    ['', 'submits/s', 'CPU µs each', 'of npm smpp', 'median ms', 'p99 ms'],
    rows,
  );
}

function latency(costs: readonly Cost[], percent: number): string {
  return median(costs.map(({ milliseconds }) => percentile(milliseconds, percent))).toFixed(2);
}

async function measureMemory(port: number): Promise<void> {
  const args = [port, MEMORY_MESSAGES, READINGS].map(String);
  const child: ChildProcess = fork(fileOf('memory.js'), args, { execArgv: ['--expose-gc'] });
  const [used] = (await once(child, 'message')) as [number[]];
  const megabytes = used.map((bytes) => (bytes / 1e6).toFixed(2));
  const grown = ((used.at(-1) ?? 0) - (used[0] ?? 0)) / MEMORY_MESSAGES;
  const every = MEMORY_MESSAGES / READINGS;
  printTable(
    `Heap and buffers after collection, MB, every ${every.toLocaleString('en')} messages (goal: flat)`,
    ['', ...used.map((_, reading) => (reading * every).toLocaleString('en')), 'bytes a message'],
    [['smppRoute()', ...megabytes, grown.toFixed(1)]],
  );
}
