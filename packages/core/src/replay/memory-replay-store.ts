import cluster from 'node:cluster';
import { steadyClock } from '../lib/clock.ts';
import { misconfigured } from '../lib/errors.ts';
import { resolveSettings } from '../lib/settings.ts';
import { MemoryTable } from './memory-table.ts';
import type { ReplayStore } from './replay-store.ts';

export interface MemoryReplayStoreOptions {
  /**
   * How many live ids fit, an id living for eight minutes. A full store refuses new tokens with 503; it never forgets
   * a live id. Memory for the table is taken at once, about 40 bytes an id. 1,000 to 10,000,000. Default 100,000.
   */
  maxIds?: number;
  /**
   * `true` says that no other process serves the same tokens, although it looks as if one did (a cluster worker,
   * pm2). Wrongly set, every process accepts each token once. Default `false`.
   */
  singleProcess?: boolean;
}

const DEFAULTS: Required<MemoryReplayStoreOptions> = { maxIds: 100_000, singleProcess: false };
const RANGES = { maxIds: { from: 1_000, to: 10_000_000 } };

// On the global object, because a second copy of this package in the process must find the same store.
const SHARED = Symbol.for('verified-mobile.memory-replay-store.1');
const registry = globalThis as { [SHARED]?: { store: ReplayStore; maxIds: number } };

/**
 * The replay store of this process: every call returns the same one, so that two guarded routes cannot each accept a
 * token. Tokens issued before this process started are fenced, because an earlier process may have consumed them.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: the process is one of several, an unknown option, or a
 *   `maxIds` other than that of an earlier call
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const { maxIds, singleProcess } = resolveSettings('memoryReplayStore()', options, DEFAULTS, RANGES);
  if (!singleProcess) refuseOneOfSeveral();
  const shared = (registry[SHARED] ??= { store: createForProcess(maxIds), maxIds });
  if (options.maxIds !== undefined && options.maxIds !== shared.maxIds) {
    throw misconfigured(
      `maxIds is ${shared.maxIds} in this process already. Give it once, where the first guard is built.`,
    );
  }
  return shared.store;
}

function createForProcess(maxIds: number): ReplayStore {
  if (process.env['NODE_ENV'] === 'production') {
    process.emitWarning(
      'Used token ids are kept in the memory of this process alone. With more than one process, share a replay store.',
      { code: 'VERIFIED_MOBILE_MEMORY_STORE' },
    );
  }
  const processStartedAt = Date.now() - process.uptime() * 1000;
  return new MemoryTable({ maxIds, clock: steadyClock, vouchesFrom: processStartedAt });
}

function refuseOneOfSeveral(): void {
  const sign = cluster.isWorker ? 'a cluster worker' : process.env['NODE_APP_INSTANCE'] && 'an instance under pm2';
  if (!sign) return;
  throw misconfigured(
    `This process is ${sign}, and a token used in one would pass again in each other. Give every process the same ` +
      'shared replayStore, or declare memoryReplayStore({ singleProcess: true }).',
  );
}
