import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly milliseconds: number;
}

const CONNECTIONS = 32;

/** The connections to one server. */
export interface Connection {
  readonly port: number;
  readonly agent: Agent;
}

export function connectTo(port: number): Connection {
  return { port, agent: new Agent({ keepAlive: true, maxSockets: CONNECTIONS }) };
}

/**
 * Sends so many tokens a second to every server. Flooded instead, a fast server would find the load always awake and a
 * slow one would not, and waking it costs the server more CPU time than a signature does.
 */
export async function sendSteadily(
  connection: Connection,
  tokens: readonly string[],
  requestsPerSecond: number,
): Promise<Answer[]> {
  const startedAt = performance.now();
  const answers: Promise<Answer>[] = [];
  while (answers.length < tokens.length) {
    const due = Math.min(tokens.length, Math.ceil(((performance.now() - startedAt) / 1000) * requestsPerSecond));
    for (const token of tokens.slice(answers.length, due)) answers.push(post(connection, token));
    await wait(1);
  }
  return Promise.all(answers);
}

/** Sends each token once, as fast as the server answers. */
export async function sendAtOnce(connection: Connection, tokens: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let token = tokens[next++]; token !== undefined; token = tokens[next++])
      answers.push(await post(connection, token));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  return answers;
}

async function post({ port, agent }: Connection, token: string): Promise<Answer> {
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
