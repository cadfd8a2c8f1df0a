import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, percentile } from '../statistics.ts';
import { printTable } from '../table.ts';
import { pace, saturate } from './flows.ts';
import { measureScrubber } from './scrubber.ts';

const SECONDS = Number(process.env['DURATION'] ?? 6);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const CHALLENGES = Number(process.env['CHALLENGES'] ?? 1_000_000);
const SERVER_CORE = '0';

interface Contender {
  readonly name: string;
  readonly args: readonly string[];
  readonly rates: number[];
  /** CPU time of one flow, microseconds. */
  readonly costs: number[];
}

const PARTS: Readonly<Record<string, (redisUrl: string | undefined) => void | Promise<void>>> = {
  scrubber: measureScrubber,
  flows: compareFlows,
  bytes: compareBytes,
};

/**
 * Prints flows (send, then verify) per second on one core, p99 at half that rate, bytes of a live challenge, and what it
 * costs to compare a text with its DLT template: all parts, or those named after `issuer`.
 */
export async function run(): Promise<void> {
  const named = process.argv.slice(3);
  const unknown = named.filter((part) => !Object.hasOwn(PARTS, part));
  if (unknown.length > 0) throw new Error(`No part ${unknown.join(', ')}. There are ${Object.keys(PARTS).join(', ')}.`);
  const chosen = Object.keys(PARTS).filter((part) => named.length === 0 || named.includes(part));
  const redis = chosen.some((part) => part !== 'scrubber') ? await startRedis() : undefined;
  try {
    for (const part of chosen) await PARTS[part]!(redis?.url);
  } finally {
    redis?.stop();
  }
}

async function compareFlows(redisUrl: string | undefined): Promise<void> {
  const contenders: Contender[] = [
    { name: 'bare Hono route', args: ['bare'], rates: [], costs: [] },
    { name: 'issuer, memory', args: ['memory'], rates: [], costs: [] },
    ...(redisUrl ? [{ name: 'issuer, Redis', args: ['redis', redisUrl], rates: [], costs: [] }] : []),
  ];
  await compareRates(contenders);
}

/** Round by round, so that other work on the machine slows them all alike. */
async function compareRates(contenders: readonly Contender[]): Promise<void> {
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) {
      const { child, port } = await startServer(contender.args);
      await saturate(port, 2);
      const before = await cpuTime(child);
      const rate = await saturate(port, SECONDS);
      contender.rates.push(rate);
      contender.costs.push(((await cpuTime(child)) - before) / (rate * SECONDS));
      if (round === ROUNDS - 1) times.set(contender.name, await pace(port, median(contender.rates) / 2, SECONDS));
      child.disconnect();
      await once(child, 'exit');
    }
  }
  const bare = contenders[0]!;
  const rows = contenders.map(({ name, rates, costs }) => {
    const taken = times.get(name) ?? [];
    const milliseconds = [50, 99].map((percent) => percentile(taken, percent).toFixed(1));
    const share = (median(rates) / median(bare.rates)).toFixed(2);
    const cpuShare = (median(bare.costs) / median(costs)).toFixed(2);
    return [name, median(rates).toFixed(0), share, median(costs).toFixed(0), cpuShare, ...milliseconds];
  });
  const title = `Flows of send and verify, one core, medians of ${ROUNDS} rounds; requests at half that rate`;
  printTable(title, ['contender', 'flows/s', 'of bare', 'CPU µs a flow', 'of bare', 'p50 ms', 'p99 ms'], rows);
}

async function compareBytes(redisUrl: string | undefined): Promise<void> {
  const rows = [['memory', await bytesOf('memory')]];
  if (redisUrl !== undefined) rows.push(['Redis', await bytesOf('redis', redisUrl)]);
  const title = `${CHALLENGES} live challenges, with limits and client_ref_id`;
  printTable(title, ['storage', 'bytes each'], rows);
}

async function bytesOf(engine: string, ...args: string[]): Promise<string> {
  const program = fileURLToPath(new URL('live-challenges.js', import.meta.url));
  const execArgv = ['--expose-gc', '--max-old-space-size=3000'];
  const child = fork(program, [engine, String(CHALLENGES), ...args], { execArgv });
  const [bytes] = (await once(child, 'message')) as [number];
  return bytes.toFixed(0);
}

async function startServer(args: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(new URL('server.js', import.meta.url)), [...args]);
  const [port] = (await once(child, 'message')) as [number];
  // Its threads too: garbage is collected on the same core.
  execFileSync('taskset', ['-acp', SERVER_CORE, String(child.pid)], { stdio: 'ignore' });
  return { child, port };
}

async function cpuTime(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [microseconds] = (await once(child, 'message')) as [number];
  return microseconds;
}

async function startRedis(): Promise<{ url: string; stop: () => void } | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const port = await freePort();
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]);
  child.on('error', () => {});
  const started = await Promise.race([
    once(child, 'error').then(() => false),
    untilItSays(child, 'Ready to accept connections').then(() => true),
  ]);
  const stop = (): void => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  if (started) return { url: `redis://127.0.0.1:${port}`, stop };
  console.log('Without Redis: the package redis-server is missing.');
  return undefined;
}

async function untilItSays(child: ChildProcess, text: string): Promise<void> {
  for await (const chunk of child.stdout ?? []) if (String(chunk).includes(text)) break;
  child.stdout?.resume();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
