import { misconfigured } from '@verified-mobile/core/store';
import { queues, type RedisConnection, requireMethods } from './connection.ts';
import { Deadline, NoAnswerError } from './deadline.ts';

interface IoredisOptions {
  readonly enableOfflineQueue?: boolean | undefined;
  readonly autoResendUnfulfilledCommands?: boolean | undefined;
  readonly keyPrefix?: string | undefined;
}

/** What `ioredis` needs of a client of npm `ioredis`, from 5 on. */
export interface IoredisClient {
  readonly options: IoredisOptions;
  call(command: string, args: (string | Buffer)[]): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
  quit(): Promise<unknown>;
}

/** What `ioredisCluster` needs of a cluster of npm `ioredis`, from 5 on. */
export interface IoredisClusterClient extends Omit<IoredisClient, 'options' | 'disconnect'> {
  readonly options: Pick<IoredisOptions, 'enableOfflineQueue' | 'keyPrefix'> & {
    readonly redisOptions?: IoredisOptions | undefined;
    retryDelayOnFailover?: number | undefined;
    retryDelayOnClusterDown?: number | undefined;
  };
  nodes(role?: 'master'): readonly Pick<IoredisClient, 'call' | 'disconnect'>[];
}

/** How long a server of a cluster may take to say that it is there. */
const ANSWERS_WITHIN_MS = 500;

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
    reconnect: async () => client.disconnect(true),
    close: async () => void (await client.quit()),
  };
}

/**
 * A cluster of npm `ioredis`. Its options `retryDelayOnFailover` and `retryDelayOnClusterDown` are set to 0: with them the
 * client sends a command again whose connection was lost, and a use meets itself.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: as for `ioredis`
 */
export function ioredisCluster(cluster: IoredisClusterClient): RedisConnection {
  requireMethods('ioredisCluster()', cluster, ['call', 'quit', 'nodes']);
  const { enableOfflineQueue, keyPrefix, redisOptions } = cluster.options;
  requireIoredisOptions({ keyPrefix, ...redisOptions, enableOfflineQueue });
  Object.assign(cluster.options, { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 });
  const deadline = new Deadline(ANSWERS_WITHIN_MS);
  const dropIfSilent = async (server: Pick<IoredisClient, 'call' | 'disconnect'>): Promise<void> => {
    try {
      await deadline.within(server.call('PING', []));
    } catch (error) {
      // For good: the next command to it goes to another server, which says who holds the key, and a new connection is made.
      if (error instanceof NoAnswerError) server.disconnect();
    }
  };
  return {
    topology: 'cluster',
    send: async (_key, [name, ...args]) => cluster.call(name, args),
    reconnect: async () => void (await Promise.all(cluster.nodes('master').map(dropIfSilent))),
    close: async () => void (await cluster.quit()),
  };
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
