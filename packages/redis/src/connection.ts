import { misconfigured } from '@verified-mobile/core/store';

/** Sends one command. Made by `nodeRedis`, `ioredis` and their cluster twins; any other client needs these three members. */
export interface RedisConnection {
  /** A cluster holds the ids in 64 hash tags, a single server in one: the two layouts do not see each other's ids. */
  readonly topology: 'single' | 'cluster';
  /** Sends the command to the primary that holds the key. It must neither wait for a connection nor send twice. */
  readonly send: (key: string, command: readonly [string, ...(string | Buffer)[]]) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** What `nodeRedis` needs of a client of npm `redis`, from 5 on. */
export interface NodeRedisClient {
  readonly options?: { readonly disableOfflineQueue?: boolean | undefined } | undefined;
  sendCommand(args: readonly (string | Buffer)[], options: { timeout: number }): Promise<unknown>;
  close(): Promise<unknown>;
}

/** What `nodeRedisCluster` needs of a cluster of npm `redis`, from 5 on. */
export interface NodeRedisClusterClient {
  readonly masters: readonly unknown[];
  sendCommand(
    key: string,
    isReadonly: boolean,
    args: (string | Buffer)[],
    options: { timeout: number },
  ): Promise<unknown>;
  close(): Promise<unknown>;
}

interface IoredisOptions {
  readonly enableOfflineQueue?: boolean | undefined;
  readonly autoResendUnfulfilledCommands?: boolean | undefined;
  readonly keyPrefix?: string | undefined;
}

/** What `ioredis` needs of a client of npm `ioredis`, from 5 on. */
export interface IoredisClient {
  readonly options: IoredisOptions;
  call(command: string, args: (string | Buffer)[]): Promise<unknown>;
  quit(): Promise<unknown>;
}

/** What `ioredisCluster` needs of a cluster of npm `ioredis`, from 5 on. */
export interface IoredisClusterClient extends Omit<IoredisClient, 'options'> {
  readonly options: Pick<IoredisOptions, 'enableOfflineQueue' | 'keyPrefix'> & {
    readonly redisOptions?: IoredisOptions | undefined;
  };
  nodes(role?: 'master'): readonly unknown[];
}

/** The caller has a deadline of its own. The client's would cost an AbortSignal for each command. */
const OWN_DEADLINE = { timeout: 0 };

/**
 * A client of npm `redis`.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: `disableOfflineQueue` is not set. A command that waits in the
 *   queue uses the token up after its request was answered with 503.
 */
export function nodeRedis(client: NodeRedisClient): RedisConnection {
  requireMethods('nodeRedis()', client, ['sendCommand', 'close']);
  if (client.options?.disableOfflineQueue !== true) throw misconfigured(queues('disableOfflineQueue: true'));
  return {
    topology: 'single',
    send: async (_key, command) => client.sendCommand(command, OWN_DEADLINE),
    close: async () => void (await client.close()),
  };
}

/**
 * A cluster of npm `redis`. Create it with `defaults: { disableOfflineQueue: true }`; the cluster does not show its
 * options, so that this cannot be checked here.
 */
export function nodeRedisCluster(cluster: NodeRedisClusterClient): RedisConnection {
  requireMethods('nodeRedisCluster()', cluster, ['sendCommand', 'close']);
  if (!('masters' in cluster)) throw misconfigured('nodeRedisCluster() takes what createCluster() gives.');
  return {
    topology: 'cluster',
    send: async (key, command) => cluster.sendCommand(key, false, [...command], OWN_DEADLINE),
    close: async () => void (await cluster.close()),
  };
}

/**
 * A client of npm `ioredis`.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: the client queues while offline, resends by itself after a
 *   lost connection, or puts a prefix before keys (services with different prefixes would each accept a token)
 */
export function ioredis(client: IoredisClient): RedisConnection {
  requireMethods('ioredis()', client, ['call', 'quit']);
  requireIoredisOptions(client.options);
  return {
    topology: 'single',
    send: async (_key, [name, ...args]) => client.call(name, args),
    close: async () => void (await client.quit()),
  };
}

/**
 * A cluster of npm `ioredis`.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: as for `ioredis`
 */
export function ioredisCluster(cluster: IoredisClusterClient): RedisConnection {
  requireMethods('ioredisCluster()', cluster, ['call', 'quit', 'nodes']);
  const { enableOfflineQueue, keyPrefix, redisOptions } = cluster.options;
  requireIoredisOptions({ keyPrefix, ...redisOptions, enableOfflineQueue });
  return {
    topology: 'cluster',
    send: async (_key, [name, ...args]) => cluster.call(name, args),
    close: async () => void (await cluster.quit()),
  };
}

function requireMethods(what: string, client: object | null | undefined, names: readonly string[]): void {
  const missing = names.filter((name) => typeof (client as Record<string, unknown> | undefined)?.[name] !== 'function');
  if (missing.length === 0) return;
  throw misconfigured(
    `${what} was given something without ${missing.map((name) => `${name}()`).join(' and ')}. There are nodeRedis(), ` +
      'nodeRedisCluster(), ioredis() and ioredisCluster(): take the one of your client.',
  );
}

function requireIoredisOptions(options: IoredisOptions): void {
  if (options.enableOfflineQueue !== false) throw misconfigured(queues('enableOfflineQueue: false'));
  if (options.autoResendUnfulfilledCommands !== false) {
    throw misconfigured(
      'This client sends a command again after a lost connection. Create it with autoResendUnfulfilledCommands: false.',
    );
  }
  if (options.keyPrefix) throw misconfigured('Create this client without keyPrefix: all services share the same keys.');
}

function queues(setting: string): string {
  return `This client queues commands while it has no connection: they would use tokens up whose requests were refused. Create it with ${setting}.`;
}
