import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';
import { type Invocation, requireLegal, seededRandom } from '@verified-mobile/test-support/history';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { withOldLineage } from '../old-lineage.ts';

const WORKER = fileURLToPath(new URL('../worker/dist/worker.js', import.meta.url));
const PROCESSES = 8;
const CONCURRENCY = 64;
const TOKENS = 4;
/** `pnpm test:soak` runs the same for longer. */
const ROUNDS = Number(process.env['SOAK_ROUNDS'] ?? 5);

const issuer = createTestIssuer({ algorithm: 'HS256' });

async function startWorker(server: RedisServer, layout: string, name: string): Promise<ChildProcess> {
  const SECRET = Buffer.from(issuer.jwk.k!, 'base64url').toString('base64');
  const env = { REDIS_URL: server.url, SECRET, LAYOUT: layout, PROCESS: name };
  const worker = fork(WORKER, { env, execArgv: [] });
  await once(worker, 'message');
  return worker;
}

async function race(workers: readonly ChildProcess[], round: number, random: () => number): Promise<Invocation[]> {
  const tokens = Array.from({ length: TOKENS }, (_, index) => {
    const id = `token-${round}-${index}`;
    const iat = Math.floor(Date.now() / 1000) - 1;
    return { id, token: issuer.mint({ claims: { jti: id, iat, exp: iat + 300 } }) };
  });
  const histories = workers.map(async (worker, name) => {
    const uses = tokens.flatMap((use) =>
      Array.from({ length: CONCURRENCY / TOKENS }, (_, racer) => {
        return { ...use, operation: random() < 0.5 ? 'shared' : `own-${name}-${racer}` };
      }),
    );
    const answer = once(worker, 'message');
    worker.send({ uses });
    return (await answer)[0] as Invocation[];
  });
  return (await Promise.all(histories)).flat();
}

describe.skipIf(!hasRedis).each(['plain', 'compact'] as const)(
  '8 processes with 64 requests each, %s layout',
  (layout) => {
    it(
      'bind each token to one operation, through restarts of a process',
      async () => {
        const server = await withOldLineage(await startRedis(), layout);
        const names = Array.from({ length: PROCESSES }, (_, index) => `${index}`);
        const workers = await Promise.all(names.map(async (name) => startWorker(server, layout, name)));
        const seed = String(Date.now());
        const random = seededRandom(seed);
        const history: Invocation[] = [];
        try {
          for (let round = 0; round < ROUNDS; round += 1) {
            history.push(...(await race(workers, round, random)));
            const victim = round % PROCESSES;
            workers[victim]!.kill('SIGKILL');
            workers[victim] = await startWorker(server, layout, `${victim} of round ${round}`);
          }
        } finally {
          for (const worker of workers) worker.kill('SIGKILL');
          await server.stop();
        }
        requireLegal(history, seed);
        expect(history).toHaveLength(ROUNDS * PROCESSES * CONCURRENCY);
        const unknown = history.filter(({ outcome }) => outcome === 'unknown').length;
        process.stdout.write(`\n8 processes, ${layout}: ${unknown} of ${history.length} outcomes unknown\n`);
        // Whatever was unknown, each token has found its operation.
        const accepted = history.filter(({ outcome }) => outcome === 'accepted');
        expect(new Set(accepted.map(({ id }) => id))).toHaveLength(ROUNDS * TOKENS);
      },
      120_000 + ROUNDS * 5_000,
    );
  },
);
