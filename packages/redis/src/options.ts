import { misconfigured, resolveSettings } from '@verified-mobile/core/store';
import type { RedisConnection } from './connection.ts';

export interface RedisReplayStoreOptions {
  /**
   * How ids lie in Redis. `plain`: one key each, gone when the id may be forgotten. `compact`: hashes of ids, a quarter
   * of the memory, kept up to 20 minutes. All services must use the same; the server refuses the second one.
   * Default `plain`.
   */
  layout?: 'plain' | 'compact';
  /** How long Redis may take; then the request is refused with 503. Below the guard's `storeTimeoutMs`. 1 to 10,000. Default 200. */
  timeoutMs?: number;
  /**
   * How far the clocks of token issuers may run ahead: the largest `clockToleranceSeconds` of any guard. After Redis
   * lost its memory, tokens dated up to this much later are refused as well, and `ready()` waits this long. Smaller,
   * and a token from a fast clock is accepted twice around a restart of Redis. Seconds, 0 to 60. Default 5.
   */
  issuerClockToleranceSeconds?: number;
  /** After so many failures in a row the store answers at once, without asking Redis. 1 to 1,000. Default 5. */
  failuresToOpen?: number;
  /** How often Redis is then asked whether it is back, without any token. Milliseconds, 10 to 60,000. Default 250. */
  probeIntervalMs?: number;
  /** How long `ready()` tries to reach Redis. Milliseconds, 1 to 600,000. Default 5,000. */
  startTimeoutMs?: number;
  /** Waits for replicas after every use (`WAIT`), on a connection of its own. Default: does not wait. */
  acknowledgement?: ReplicaAcknowledgementOptions;
}

export interface ReplicaAcknowledgementOptions {
  /**
   * A second connection to the same server, for this alone. On a shared one every command behind `WAIT` waits as well.
   */
  connection: RedisConnection;
  /** How many replicas must have each use. Fewer, and the request is refused with 503. 1 to 10. */
  replicas: number;
  /** How long Redis waits for them. Milliseconds, 1 to 10,000, below the store's `timeoutMs`. Default 100. */
  timeoutMs?: number;
}

export type RedisStoreSettings = Required<Omit<RedisReplayStoreOptions, 'acknowledgement'>> & {
  readonly acknowledgement: ReplicaAcknowledgementOptions | undefined;
};

const DEFAULTS: RedisStoreSettings = {
  layout: 'plain',
  timeoutMs: 200,
  issuerClockToleranceSeconds: 5,
  failuresToOpen: 5,
  probeIntervalMs: 250,
  startTimeoutMs: 5_000,
  acknowledgement: undefined,
};

const RANGES = {
  timeoutMs: { from: 1, to: 10_000 },
  issuerClockToleranceSeconds: { from: 0, to: 60 },
  failuresToOpen: { from: 1, to: 1_000 },
  probeIntervalMs: { from: 10, to: 60_000 },
  startTimeoutMs: { from: 1, to: 600_000 },
};

/** @throws {VerifiedMobileError} `invalid_configuration`: an unknown option or an impossible value */
export function resolveOptions(options: RedisReplayStoreOptions): RedisStoreSettings {
  const settings = resolveSettings('redisReplayStore()', options, DEFAULTS, RANGES);
  if (settings.layout === 'plain' || settings.layout === 'compact') return settings;
  throw misconfigured("layout must be 'plain' or 'compact'.");
}
