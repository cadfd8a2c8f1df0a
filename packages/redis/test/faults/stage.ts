import { randomBytes } from 'node:crypto';
import type { ConsumeResult, ReplayStore, TokenUse } from '@verified-mobile/core';
import { type RedisConnection, redisReplayStore } from '@verified-mobile/redis';
import { untilInfoSays } from '@verified-mobile/test-support/redis-cluster';
import { type RedisProgram, type RedisServer, startServer } from '@verified-mobile/test-support/redis-server';
import { startTcpProxy, type TcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { CONNECT, CONNECT_CLUSTER } from '../clients.ts';

/** The servers, lines and stores of one event, taken away together when it is over. */
export class Stage {
  readonly program: RedisProgram;
  readonly #client: string;
  readonly #wrap: (connection: RedisConnection) => RedisConnection;
  readonly #steps: (() => Promise<unknown>)[] = [];

  /** @param client whose connections the stores have, as in `CONNECT` */
  constructor(
    client: string,
    program: RedisProgram,
    wrap = (connection: RedisConnection): RedisConnection => connection,
  ) {
    this.#client = client;
    this.program = program;
    this.#wrap = wrap;
  }

  /** Has this done when the stage is cleared. The last is done first. */
  afterwards(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  async clear(): Promise<void> {
    for (const step of this.#steps.toReversed()) await step();
  }

  async server(...settings: string[]): Promise<RedisServer> {
    const server = await startServer(this.program, '--repl-diskless-sync-delay', '0', ...settings);
    this.afterwards(async () => server.stop());
    return server;
  }

  /** A way to this port that can be cut, or that can lead elsewhere. */
  async wayTo(port: number): Promise<TcpProxy> {
    const proxy = await startTcpProxy(port);
    this.afterwards(async () => proxy.stop());
    return proxy;
  }

  async storeAt(port: number): Promise<ReplayStore> {
    return this.storeOn(await CONNECT[this.#client]!(port));
  }

  async storeOnCluster(...ports: readonly number[]): Promise<ReplayStore> {
    return this.storeOn(await CONNECT_CLUSTER[this.#client]!(...ports));
  }

  storeOn(connection: RedisConnection): ReplayStore {
    const store = redisReplayStore(this.#wrap(connection), { timeoutMs: 2_000, failuresToOpen: 1_000 });
    this.afterwards(async () => store.close().catch(() => undefined));
    return store;
  }
}

export async function follow(replica: RedisServer, port: number): Promise<void> {
  await replica.command('REPLICAOF', '127.0.0.1', `${port}`);
  await untilInfoSays(replica, 'master_link_status:up', 'INFO', 'replication');
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Tokens that are a second old, and that no store has seen: of 64, each lies behind another hash tag of a cluster. */
export function newUses(count: number, issuedAt: number = Date.now() - 1_000): TokenUse[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `${BASE64URL[at % 64]}${randomBytes(16).toString('base64url').slice(1)}`,
    operation: 'operation-one',
    issuedAt: Math.floor(issuedAt),
    expiresAt: Math.floor(issuedAt) + 420_000,
  }));
}

/** Asks until the store can say something. */
export async function outcomeOf(store: ReplayStore, use: TokenUse): Promise<ConsumeResult['outcome']> {
  const { signal } = new AbortController();
  for (;;) {
    const result = await store.consume(use, { signal }).catch(() => undefined);
    if (result !== undefined) return result.outcome;
    await new Promise(setImmediate);
  }
}

export type Outcomes = Partial<Record<ConsumeResult['outcome'], number>>;

/** What the store says of each, once it says anything. */
export async function outcomesOf(store: ReplayStore, uses: readonly TokenUse[], operation = 'one'): Promise<Outcomes> {
  const counts: Outcomes = {};
  for (const use of uses) {
    const outcome = await outcomeOf(store, { ...use, operation });
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

/** What a token meets that comes after an event. */
export interface Aftermath {
  readonly store: ReplayStore;
  /** Tokens that were used before, and answered `first-use`. */
  readonly used: readonly TokenUse[];
  /** Tokens that were issued before, and not used. */
  readonly unused: readonly TokenUse[];
}

export interface FaultEvent {
  readonly name: string;
  /** The clients that it concerns. Default: all. */
  readonly clients?: readonly string[];
  readonly play: (stage: Stage) => Promise<Aftermath>;
}

/** How many tokens of each kind an event leaves behind. */
export const EACH = 30;

export async function useAll(store: ReplayStore, uses: readonly TokenUse[]): Promise<readonly TokenUse[]> {
  const outcomes = await outcomesOf(store, uses);
  if (outcomes['first-use'] !== uses.length) throw new Error(`not all were new: ${JSON.stringify(outcomes)}`);
  return uses;
}
