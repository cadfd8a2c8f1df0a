import { misconfigured } from '@verified-mobile/core/store';

/** Sends one command. Made by `nodeRedis`, `ioredis` and their cluster twins; any other client needs `topology`, `send` and `close`. */
export interface RedisConnection {
  /** A cluster holds the ids in 64 hash tags, a single server in one: the two layouts do not see each other's ids. */
  readonly topology: 'single' | 'cluster';
  /** Sends the command to the primary that holds the key. It must neither wait for a connection nor send twice. */
  readonly send: (key: string, command: readonly [string, ...(string | Buffer)[]]) => Promise<unknown>;
  /**
   * Makes the connection anew to each server that does not answer. A host that vanished without a reset leaves its
   * connection open, and every command on it without an answer, for a quarter of an hour. Called after about a second of
   * silence, and at most once in two seconds. Optional.
   */
  readonly reconnect?: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** @throws {VerifiedMobileError} `invalid_configuration`: this is no client of that kind */
export function requireMethods(what: string, client: object | null | undefined, names: readonly string[]): void {
  const missing = names.filter((name) => typeof (client as Record<string, unknown> | undefined)?.[name] !== 'function');
  if (missing.length === 0) return;
  throw misconfigured(
    `${what} was given something without ${missing.map((name) => `${name}()`).join(' and ')}. There are nodeRedis(), ` +
      'nodeRedisCluster(), ioredis() and ioredisCluster(): take the one of your client.',
  );
}

export function queues(setting: string): string {
  return `This client queues commands while it has no connection: they would use tokens up whose requests were refused. Create it with ${setting}.`;
}
