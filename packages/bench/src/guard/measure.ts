import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TestAlgorithm } from '@verified-mobile/core/testing';
import { percentile } from '../statistics.ts';
import type { Contender } from './contenders.ts';
import type { PublishedKey } from './keys.ts';

export interface Sample {
  /** Of the server process, for each request: its own work and its framework's. */
  readonly cpuMicroseconds: number;
  readonly p99Milliseconds: number;
  readonly requestsPerSecond: number;
  /** How many were answered with the expected status. */
  readonly asExpected: number;
}

const SERVER = fileURLToPath(new URL('server.js', import.meta.url));
const SERVER_CORE = '0';
const CONNECTIONS = 32;
const REQUESTS_PER_SECOND = 2_500;

/** Whether servers can be kept on one core, away from the load. */
export const canPin: boolean = spawnSync('taskset', ['--version']).error === undefined;

export interface Load {
  readonly warmUp: readonly string[];
  readonly tokens: readonly string[];
  /** The status that every token must be answered with. */
  readonly status: number;
  /** Sent as fast as the server answers instead of steadily: for rates, not for CPU time. */
  readonly flood?: boolean;
}

/** Starts one server, warms it up with the first tokens, and measures it over the rest. */
export async function measure(
  { framework, name }: Contender,
  algorithm: TestAlgorithm,
  jwk: PublishedKey,
  load: Load,
): Promise<Sample> {
  const server = fork(SERVER, [framework, name, algorithm, JSON.stringify(jwk)], {
    ...(canPin && { execPath: 'taskset', execArgv: ['-c', SERVER_CORE, process.execPath] }),
  });
  try {
    const { port } = (await nextMessage(server)) as { port: number };
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    await sendAtOnce(port, agent, load.warmUp);
    server.send('start');
    await nextMessage(server);
    const startedAt = performance.now();
    const answers = await (load.flood ? sendAtOnce : sendSteadily)(port, agent, load.tokens);
    const seconds = (performance.now() - startedAt) / 1000;
    server.send('stop');
    const { cpuMicroseconds } = (await nextMessage(server)) as { cpuMicroseconds: number };
    agent.destroy();
    return {
      cpuMicroseconds: cpuMicroseconds / load.tokens.length,
      p99Milliseconds: percentile(
        answers.map(({ milliseconds }) => milliseconds),
        99,
      ),
      requestsPerSecond: load.tokens.length / seconds,
      asExpected: answers.filter(({ status }) => status === load.status).length,
    };
  } finally {
    server.disconnect();
    await once(server, 'exit');
  }
}

async function nextMessage(server: ChildProcess): Promise<unknown> {
  const ended = once(server, 'exit').then(() => {
    throw new Error('The server under measurement ended. Its own message stands above.');
  });
  const [message] = await Promise.race([once(server, 'message'), ended]);
  return message;
}

interface Answer {
  readonly status: number;
  readonly milliseconds: number;
}

/**
 * Sends so many tokens a second to every server. Flooded instead, a fast server would find the load always awake and a
 * slow one would not, and waking it costs the server more CPU time than a signature does.
 */
async function sendSteadily(port: number, agent: Agent, tokens: readonly string[]): Promise<Answer[]> {
  const startedAt = performance.now();
  const answers: Promise<Answer>[] = [];
  while (answers.length < tokens.length) {
    const due = Math.min(tokens.length, Math.ceil(((performance.now() - startedAt) / 1000) * REQUESTS_PER_SECOND));
    for (const token of tokens.slice(answers.length, due)) answers.push(post(port, agent, token));
    await wait(1);
  }
  return Promise.all(answers);
}

/** Sends each token once, as fast as the server answers. */
async function sendAtOnce(port: number, agent: Agent, tokens: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const connection = async (): Promise<void> => {
    for (let token = tokens[next++]; token !== undefined; token = tokens[next++])
      answers.push(await post(port, agent, token));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return answers;
}

async function post(port: number, agent: Agent, token: string): Promise<Answer> {
  const startedAt = performance.now();
  // Some middlewares look only into `Authorization`; every server is sent both headers.
  const headers = { 'otp-verification-token': token, authorization: `Bearer ${token}`, 'content-length': 0 };
  return new Promise((resolve, reject) => {
    const sent = request({ port, agent, method: 'POST', path: '/payouts', headers }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, milliseconds: performance.now() - startedAt }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}
