import { misconfigured } from '@verified-mobile/core/store';
import { queues, type RedisConnection, requireMethods } from './connection.ts';
import { Deadline, NoAnswerError } from './deadline.ts';
import { SINGLE_TAG } from './key-layout.ts';

/** What `nodeRedis` needs of a client of npm `redis`, from 5 on. */
export interface NodeRedisClient {
  readonly options?: { readonly disableOfflineQueue?: boolean | undefined } | undefined;
  readonly isReady: boolean;
  sendCommand(args: readonly (string | Buffer)[], options: { timeout: number }): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): void;
  close(): Promise<unknown>;
}

/** What `nodeRedisCluster` needs of a cluster of npm `redis`, from 5 on. */
export interface NodeRedisClusterClient {
  readonly masters: readonly { readonly client?: Omit<NodeRedisClient, 'options'> | undefined }[];
  sendCommand(
    key: string | undefined,
    isReadonly: boolean,
    args: (string | Buffer)[],
    options: { timeout: number },
  ): Promise<unknown>;
  close(): Promise<unknown>;
}

/** The caller has a deadline of its own. The client's would cost an AbortSignal for each command. */
const OWN_DEADLINE = { timeout: 0 };

/** How long a server of a cluster may take to say that it is there. */
const ANSWERS_WITHIN_MS = 500;

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
    reconnect: async () => connectAnew(client),
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
  const deadline = new Deadline(ANSWERS_WITHIN_MS);
  // A command without the key that it belongs to goes to each server in turn.
  const askNextServer = async (): Promise<unknown> =>
    cluster.sendCommand(undefined, false, ['GET', SINGLE_TAG], OWN_DEADLINE);
  return {
    topology: 'cluster',
    send: async (key, command) => cluster.sendCommand(key, false, [...command], OWN_DEADLINE),
    reconnect: async () => {
      const servers = cluster.masters.flatMap(({ client }) => client ?? []);
      await Promise.allSettled(servers.map(async (client) => connectAnewIfSilent(client, deadline)));
      // A server that does not hold the key says which one does: the client then learns the layout, with what was promoted.
      await Promise.allSettled(servers.map(async () => deadline.within(askNextServer())));
    },
    close: async () => void (await cluster.close()),
  };
}

type NodeRedisServer = Omit<NodeRedisClient, 'options'>;

async function connectAnewIfSilent(client: NodeRedisServer, deadline: Deadline): Promise<void> {
  try {
    await deadline.within(client.sendCommand(['PING'], OWN_DEADLINE));
  } catch (error) {
    if (error instanceof NoAnswerError) void connectAnew(client).catch(() => undefined);
  }
}

async function connectAnew(client: NodeRedisServer): Promise<void> {
  // Otherwise it is connecting by itself already.
  if (!client.isReady) return;
  client.destroy();
  await client.connect();
}
