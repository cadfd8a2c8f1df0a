import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestAlgorithm } from '@verified-mobile/core/testing';
import { percentile } from '../statistics.ts';
import type { Contender } from './contenders.ts';
import type { PublishedKey } from './keys.ts';
import { connectTo, sendAtOnce, sendSteadily } from './load.ts';

export interface Sample {
  /** Of the server process, for each request: its own work and its framework's. */
  readonly cpuMicroseconds: number;
  readonly p99Milliseconds: number;
  readonly requestsPerSecond: number;
  /** How many answers had another status than the load expects. With any the sample measures something else. */
  readonly unexpected: number;
}

/** What one server is sent. */
export interface Load {
  readonly warmUp: readonly string[];
  readonly tokens: readonly string[];
  /** With which every token must be answered. */
  readonly status: number;
}

export type Measure = (contender: Contender, load: Load, requestsPerSecond: number | 'flood') => Promise<Sample>;

const SERVER = fileURLToPath(new URL('server.js', import.meta.url));
const SERVER_CORE = '0';

/** Whether servers can be kept on one core, away from the load. */
export const canPin: boolean = spawnSync('taskset', ['--version']).error === undefined;

/**
 * Starts one server, warms it up with the first tokens, and measures it over the rest, sent steadily, or in a flood: as fast
 * as the server answers, which is for rates and not for CPU time.
 */
export function measureWith(algorithm: TestAlgorithm, jwk: PublishedKey): Measure {
  return async ({ framework, name }, { warmUp, tokens, status }, requestsPerSecond) => {
    const server = fork(SERVER, [framework, name, algorithm, JSON.stringify(jwk)], {
      ...(canPin && { execPath: 'taskset', execArgv: ['-c', SERVER_CORE, process.execPath] }),
    });
    try {
      const { port } = (await nextMessage(server)) as { port: number };
      const connection = connectTo(port);
      await sendAtOnce(connection, warmUp);
      server.send('start');
      await nextMessage(server);
      const startedAt = performance.now();
      const answers =
        requestsPerSecond === 'flood'
          ? await sendAtOnce(connection, tokens)
          : await sendSteadily(connection, tokens, requestsPerSecond);
      const seconds = (performance.now() - startedAt) / 1000;
      server.send('stop');
      const { cpuMicroseconds } = (await nextMessage(server)) as { cpuMicroseconds: number };
      connection.agent.destroy();
      const waits = answers.map(({ milliseconds }) => milliseconds);
      return {
        cpuMicroseconds: cpuMicroseconds / tokens.length,
        p99Milliseconds: percentile(waits, 99),
        requestsPerSecond: tokens.length / seconds,
        unexpected: answers.filter((answer) => answer.status !== status).length,
      };
    } finally {
      server.disconnect();
      await once(server, 'exit');
    }
  };
}

async function nextMessage(server: ChildProcess): Promise<unknown> {
  const ended = once(server, 'exit').then(() => {
    throw new Error('The server under measurement ended. Its own message stands above.');
  });
  const [message] = await Promise.race([once(server, 'message'), ended]);
  return message;
}
