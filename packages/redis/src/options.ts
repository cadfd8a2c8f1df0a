import { misconfigured } from './faults.ts';
import type { ReplicaAcknowledgementOptions } from './replica-acknowledgement.ts';

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

export type RedisStoreSettings = Required<Omit<RedisReplayStoreOptions, 'acknowledgement'>> &
  Pick<RedisReplayStoreOptions, 'acknowledgement'>;

const DEFAULTS: Omit<RedisStoreSettings, 'acknowledgement'> = {
  layout: 'plain',
  timeoutMs: 200,
  issuerClockToleranceSeconds: 5,
  failuresToOpen: 5,
  probeIntervalMs: 250,
  startTimeoutMs: 5_000,
};

const RANGES = {
  timeoutMs: [1, 10_000],
  issuerClockToleranceSeconds: [0, 60],
  failuresToOpen: [1, 1_000],
  probeIntervalMs: [10, 60_000],
  startTimeoutMs: [1, 600_000],
} as const satisfies Partial<Record<keyof RedisReplayStoreOptions, readonly [number, number]>>;

/** @throws {VerifiedMobileError} `invalid_configuration`: an unknown option or an impossible value */
export function resolveOptions(options: RedisReplayStoreOptions): RedisStoreSettings {
  const known = [...Object.keys(DEFAULTS), 'acknowledgement'];
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw misconfigured(`redisReplayStore() has no option ${unknown.join(', ')}. It takes: ${known.join(', ')}.`);
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: RedisStoreSettings = { ...DEFAULTS, ...given };
  if (settings.layout !== 'plain' && settings.layout !== 'compact') {
    throw misconfigured("layout must be 'plain' or 'compact'.");
  }
  for (const [name, [from, to]] of Object.entries(RANGES)) {
    requireWholeNumber(name, settings[name as keyof typeof RANGES], from, to);
  }
  return settings;
}

export function requireWholeNumber(name: string, value: unknown, from: number, to: number): void {
  if (Number.isInteger(value) && Number(value) >= from && Number(value) <= to) return;
  throw misconfigured(`${name} must be a whole number from ${from} to ${to}.`);
}
