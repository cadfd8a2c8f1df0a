import type { Clock } from '../lib/clock.ts';
import { MemoryTable } from '../replay/memory-table.ts';
import type { ReplayStore } from '../replay/replay-store.ts';
import { MAX_CLOCK_TOLERANCE_SECONDS } from '../token/age-limits.ts';

export interface IsolatedMemoryReplayStoreOptions {
  /** How many live ids fit. Default 1,000. */
  maxIds?: number;
  /** The time in milliseconds. Default: the system's clock. */
  clock?: Clock;
  /** Tokens issued before are fenced, milliseconds since the epoch. Default 0: none is. */
  vouchesFrom?: number;
}

/**
 * A memory replay store of its own, which fences nothing. For tests only: two guards with one each accept a token
 * twice, and a restart forgets what was used.
 */
export function isolatedMemoryReplayStore(options: IsolatedMemoryReplayStoreOptions = {}): ReplayStore {
  const { maxIds = 1_000, clock = Date.now, vouchesFrom = 0 } = options;
  const table = new MemoryTable({ maxIds, clock, startedAt: () => vouchesFrom - MAX_CLOCK_TOLERANCE_SECONDS * 1000 });
  table.bearClocksAhead(MAX_CLOCK_TOLERANCE_SECONDS);
  return table;
}
