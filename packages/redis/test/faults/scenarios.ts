import { setTimeout as delay } from 'node:timers/promises';
import { createTestIssuer, type TestIssuer } from '@verified-mobile/core/testing';
import { type Invocation, seededRandom, type Tolerated } from '@verified-mobile/test-support/history';
import { type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { startTcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { type Gate, present } from './gate.ts';
import { withOldLineage } from '../old-lineage.ts';

/** Opens a gate of the kind under test on the Redis at that port. */
export type OpenGate = (issuer: TestIssuer, port: number) => Promise<Gate>;

export interface Scenario {
  readonly name: string;
  readonly tolerates?: Tolerated;
  /** Servers keep what they were told over a restart. */
  readonly settings?: readonly string[];
  readonly run: (world: World) => Promise<void>;
}

export interface World {
  readonly server: RedisServer;
  readonly issuer: TestIssuer;
  readonly history: Invocation[];
  readonly random: () => number;
  readonly open: (port?: number) => Promise<Gate>;
  /** A fresh token, issued so many seconds ago. */
  readonly mint: (ageSeconds?: number) => { id: string; token: string };
}

let minted = 0;

export async function playScenario(
  { run, settings = [] }: Scenario,
  openGate: OpenGate,
  seed: string,
  layout: 'plain' | 'compact' = 'plain',
): Promise<readonly Invocation[]> {
  const server = await withOldLineage(await startRedis(...settings), layout);
  const issuer = createTestIssuer();
  const gates: Gate[] = [];
  const history: Invocation[] = [];
  const world: World = {
    server,
    issuer,
    history,
    random: seededRandom(seed),
    open: async (port = server.port) => {
      const gate = await openGate(issuer, port);
      gates.push(gate);
      return gate;
    },
    mint: (ageSeconds = 1) => {
      const id = `token-${(minted += 1)}`;
      const iat = Math.floor(Date.now() / 1000) - ageSeconds;
      return { id, token: issuer.mint({ claims: { jti: id, iat, exp: iat + 300 } }) };
    },
  };
  try {
    await run(world);
    return history;
  } finally {
    await Promise.all(gates.map(async (gate) => gate.close().catch(() => undefined)));
    await server.stop();
  }
}

/** Presents the token again and again until the store can say something. */
async function untilKnown(gate: Gate, history: Invocation[], use: Parameters<typeof present>[2]): Promise<void> {
  while ((await present(gate, history, use)) === 'unknown') await delay(5);
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'race',
    run: async ({ open, mint, history, random }) => {
      const gates = await Promise.all(Array.from({ length: 8 }, async () => open()));
      for (let round = 0; round < 10; round += 1) {
        const use = mint();
        const racers = Array.from({ length: 64 }, async (_, racer) => {
          const operation = random() < 0.5 ? 'shared' : `own-${racer}`;
          return present(gates[racer % 8]!, history, { ...use, operation, process: `${racer % 8}` });
        });
        await Promise.all(racers);
      }
    },
  },
  {
    name: 'reply lost',
    run: async ({ server, open, mint, history }) => {
      const proxy = await startTcpProxy(server.port);
      const [near, far] = [await open(), await open(proxy.port)];
      const use = mint();
      await present(far, history, { ...mint(), operation: 'warm-up', process: 'far' });
      proxy.loseReplies();
      await present(far, history, { ...use, operation: 'one', process: 'far' });
      proxy.reset();
      await untilKnown(far, history, { ...use, operation: 'one', process: 'far' });
      await untilKnown(near, history, { ...use, operation: 'two', process: 'near' });
      await untilKnown(near, history, { ...use, operation: 'one', process: 'near' });
      await proxy.stop();
    },
  },
  {
    name: 'paused',
    run: async ({ server, open, mint, history }) => {
      const [here, there] = [await open(), await open()];
      const uses = Array.from({ length: 8 }, () => mint());
      for (const gate of [here, there]) await present(gate, history, { ...mint(), operation: 'warm-up', process: 'x' });
      server.signal('SIGSTOP');
      await Promise.all(uses.map(async (use) => present(here, history, { ...use, operation: 'one', process: 'here' })));
      await Promise.all(
        uses.map(async (use) => present(there, history, { ...use, operation: 'two', process: 'there' })),
      );
      server.signal('SIGCONT');
      for (const use of uses) {
        await untilKnown(here, history, { ...use, operation: 'one', process: 'here' });
        await untilKnown(there, history, { ...use, operation: 'two', process: 'there' });
      }
    },
  },
  ...[false, true].map((kept): Scenario => ({
    name: kept ? 'kill -9, AOF' : 'kill -9, empty',
    settings: kept ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'],
    tolerates: { refusedRetries: true },
    run: async ({ server, open, mint, history }) => {
      const gate = await open();
      const uses = Array.from({ length: 20 }, () => mint());
      for (const use of uses) await present(gate, history, { ...use, operation: 'one', process: 'a' });
      await server.kill();
      await present(gate, history, { ...uses[0]!, operation: 'two', process: 'a' });
      await server.start();
      for (const use of uses) await untilKnown(gate, history, { ...use, operation: 'two', process: 'a' });
    },
  })),
  {
    name: 'FLUSHALL',
    tolerates: { refusedRetries: true },
    run: async ({ server, open, mint, history }) => {
      const gate = await open();
      const uses = Array.from({ length: 20 }, () => mint());
      for (const use of uses) await present(gate, history, { ...use, operation: 'one', process: 'a' });
      await server.command('FLUSHALL');
      for (const use of uses) await present(gate, history, { ...use, operation: 'two', process: 'a' });
    },
  },
  {
    name: 'tolerance',
    // The token is over, and is accepted for another five seconds: so long must its id be remembered.
    run: async ({ open, mint, history }) => {
      const gate = await open();
      const use = mint(300);
      await present(gate, history, { ...use, operation: 'one', process: 'a' });
      await delay(20);
      await present(gate, history, { ...use, operation: 'two', process: 'b' });
    },
  },
  {
    name: 'other spelling',
    run: async ({ open, mint, history }) => {
      const gate = await open();
      for (let round = 0; round < 4; round += 1) {
        const { id, token } = mint();
        for (const spelling of [token, twinOf(token)]) {
          await present(gate, history, { id, token: spelling, operation: spelling, process: 'a' });
        }
      }
    },
  },
  {
    name: 'handler failed',
    run: async ({ open, mint, history }) => {
      const gate = await open();
      const use = mint();
      await present(gate, history, { ...use, operation: 'one', process: 'a' });
      await gate.handlerFailed(use.token);
      await present(gate, history, { ...use, operation: 'two', process: 'a' });
      await present(gate, history, { ...use, operation: 'one', process: 'a' });
    },
  },
];

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other valid signature of an ES256 token: (r, n − s). Another text, the same token. */
function twinOf(token: string): string {
  const [header, payload, signature] = token.split('.') as [string, string, string];
  const bytes = Buffer.from(signature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex');
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), twin]).toString('base64url')}`;
}
