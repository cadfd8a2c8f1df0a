import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BOOKWORM_BACKPORTS, hasProgram } from './debian-package.ts';
import { onFreePort } from './free-port.ts';
import { end, untilItSays } from './server-process.ts';

const run = promisify(execFile);

export const hasRedis: boolean = hasProgram('redis-server', 'redis-server');
const hasValkey: boolean = hasProgram('valkey-server', 'valkey-server', BOOKWORM_BACKPORTS);

export type RedisProgram = 'redis-server' | 'valkey-server';

/** The programs there are: what holds for Redis is to hold for Valkey. */
export const REDIS_PROGRAMS: readonly RedisProgram[] = [
  ...(hasRedis ? (['redis-server'] as const) : []),
  ...(hasValkey ? (['valkey-server'] as const) : []),
];

/** A Redis server of the test's own, on a free port of the loopback interface. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Asks with `redis-cli`: what the code under test does with its client must not matter here. */
  command(...args: string[]): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Starts it again in the same folder, on the same port. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Ends it, whatever state it is in, and removes its folder. */
  stop(): Promise<void>;
}

export async function startRedis(...settings: string[]): Promise<RedisServer> {
  return startServer('redis-server', ...settings);
}

export async function startServer(program: RedisProgram, ...settings: string[]): Promise<RedisServer> {
  return onFreePort(async (port) => {
    const folder = mkdtempSync(join(tmpdir(), 'redis-'));
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...settings];
    return launch(program, folder, port, args);
  });
}

/** A Sentinel that watches the primary under the name `payouts`, and alone decides that it is down, after 300 ms. */
export async function startSentinel(
  primary: RedisServer,
  program: RedisProgram = 'redis-server',
): Promise<RedisServer> {
  return onFreePort(async (port) => {
    const folder = mkdtempSync(join(tmpdir(), 'sentinel-'));
    const lines = [
      `port ${port}`,
      `dir ${folder}`,
      `sentinel monitor payouts 127.0.0.1 ${primary.port} 1`,
      'sentinel down-after-milliseconds payouts 1500',
      'sentinel failover-timeout payouts 1000',
    ];
    writeFileSync(join(folder, 'sentinel.conf'), lines.join('\n'));
    return launch(program, folder, port, [join(folder, 'sentinel.conf'), '--sentinel']);
  });
}

async function launch(
  program: RedisProgram,
  folder: string,
  port: number,
  args: readonly string[],
): Promise<RedisServer> {
  let child: ChildProcess;
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    command: async (...command) => (await run('redis-cli', ['-p', `${port}`, ...command])).stdout.trim(),
    signal: (signal) => void child.kill(signal),
    start: async () => {
      child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      await untilItSays(child, /Ready to accept connections|Sentinel ID is/);
    },
    kill: async () => end(child),
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await server.start();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return server;
}
