import { isMainThread } from 'node:worker_threads';
import { systemClock } from '../lib/clock.ts';
import { misconfigured } from '../lib/errors.ts';
import { resolveSettings } from '../lib/settings.ts';
import { DEFAULT_CLOCK_TOLERANCE_SECONDS, MAX_CLOCK_TOLERANCE_SECONDS } from '../token/age-limits.ts';
import { MemoryTable } from './memory-table.ts';
import { signOfOthers } from './one-of-several.ts';
import type { ReplayStore } from './replay-store.ts';

export interface MemoryReplayStoreOptions {
  /**
   * How many live ids fit, an id living for eight minutes. A full store refuses new tokens with 503; it never forgets
   * a live id. Memory for the table is taken at once, about 40 bytes an id. 1,000 to 10,000,000. Default 100,000.
   */
  maxIds?: number;
  /**
   * `true` says that no other process or thread serves the same tokens, although it looks as if one did: a cluster
   * worker, a worker thread, several instances under pm2, AWS Lambda, Cloud Run, Vercel, and in production Kubernetes.
   * Wrongly set, every one of them accepts each token once. Default `false`.
   */
  singleProcess?: boolean;
  /**
   * How far the clocks of issuers may run ahead: the largest `clockToleranceSeconds` of any guard, now and before this
   * process started. A token used by an earlier process may be dated that much later than this one's start, so that
   * `ready()` waits as long, counted from there. Of several calls the largest counts; a guard that is given no store says
   * its own. Seconds, 0 to 60. Default 5.
   */
  issuerClockToleranceSeconds?: number;
}

const DEFAULTS: Required<MemoryReplayStoreOptions> = {
  maxIds: 100_000,
  singleProcess: false,
  issuerClockToleranceSeconds: DEFAULT_CLOCK_TOLERANCE_SECONDS,
};
const RANGES = {
  maxIds: { from: 1_000, to: 10_000_000 },
  issuerClockToleranceSeconds: { from: 0, to: MAX_CLOCK_TOLERANCE_SECONDS },
};

// On the global object, because a second copy of this package in the process must find the same store.
const SHARED = Symbol.for('verified-mobile.memory-replay-store.1');
const registry = globalThis as { [SHARED]?: { store: MemoryTable; maxIds: number } };

/**
 * The replay store of this process: every call returns the same one, so that two guarded routes cannot each accept a
 * token. Tokens that may have been issued before this process started are fenced, because an earlier process may have
 * consumed them.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: the process is one of several, an unknown option, or a
 *   `maxIds` other than that of an earlier call
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const settings = resolveSettings('memoryReplayStore()', options, DEFAULTS, RANGES);
  const { maxIds, singleProcess, issuerClockToleranceSeconds } = settings;
  if (!singleProcess) refuseOneOfSeveral();
  const shared = (registry[SHARED] ??= { store: createForProcess(maxIds), maxIds });
  if (options.maxIds !== undefined && options.maxIds !== shared.maxIds) {
    throw misconfigured(
      `maxIds is ${shared.maxIds} in this process already. Give it once, where the first guard is built.`,
    );
  }
  shared.store.bearClocksAhead(issuerClockToleranceSeconds);
  return shared.store;
}

function createForProcess(maxIds: number): MemoryTable {
  if (process.env['NODE_ENV'] === 'production') {
    process.emitWarning(
      'Used token ids are kept in the memory of this process alone. With more than one process, share a replay store.',
      { code: 'VERIFIED_MOBILE_MEMORY_STORE' },
    );
  }
  // A thread's `uptime` is that of its process, which may have had an earlier thread: nothing older than this moment counts.
  const bornAt = isMainThread ? 0 : process.uptime();
  // By the clock of now: if it was set since the start, so is what it says of the start.
  const startedAt = (now: number): number => now - (process.uptime() - bornAt) * 1000;
  return new MemoryTable({ maxIds, clock: systemClock, startedAt });
}

function refuseOneOfSeveral(): void {
  const sign = signOfOthers(process.env);
  if (sign === undefined) return;
  throw misconfigured(
    `This process is ${sign}, and a token used here would pass again in each other. Give all of them the same shared ` +
      'replayStore, or declare memoryReplayStore({ singleProcess: true }).',
  );
}
