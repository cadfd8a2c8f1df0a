import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import { unavailable } from '../lib/errors.ts';
import type { ConsumeResult, ReplayStore, TokenUse } from './replay-store.ts';
import { LONGEST_MEMORY_SECONDS } from './token-use.ts';
import { untilVouchedFor } from './until-ready.ts';

export interface MemoryTableSettings {
  /** How many live ids fit. */
  readonly maxIds: number;
  readonly clock: Clock;
  /** Tokens used before then are not in the table. Milliseconds since the epoch, by what the clock says now. */
  readonly startedAt: (now: number) => number;
}

const LIFETIME_MS = LONGEST_MEMORY_SECONDS * 1000;

/** Entries dropped with every new one, so that a burst's memory is freed again without ever walking the table. */
const EXPIRED_ENTRIES_PER_USE = 2;

/** A map that grows or tidies itself up stops the process for as long as it is large: 100 ms for a million ids. */
const IDS_PER_SHARD = 16_384;
/** Six standard deviations of what chance puts into one shard more than into another. */
const SHARD_HEADROOM = 1.05;

type Shard = LRUCache<string, string>;

/** The token ids that one process has consumed, with the operation each was spent on. */
export class MemoryTable implements ReplayStore {
  readonly scope = 'process';
  readonly #settings: MemoryTableSettings;
  readonly #shards: readonly Shard[];
  #toleranceSeconds = 0;
  #now = 0;
  /** No id of a token that ends later was dropped. Time may go back; what was dropped stays used. */
  #forgottenUntil = 0;

  constructor(settings: MemoryTableSettings) {
    const { maxIds } = settings;
    const count = Math.ceil(maxIds / IDS_PER_SHARD);
    const max = count === 1 ? maxIds : Math.ceil((maxIds / count) * SHARD_HEADROOM);
    this.#settings = settings;
    this.#shards = Array.from({ length: count }, () => newShard(max, () => this.#now));
  }

  get issuerClockToleranceSeconds(): number {
    return this.#toleranceSeconds;
  }

  /** Fences tokens that were used before the start by a clock this far ahead. It never fences less than before. */
  bearClocksAhead(seconds: number): void {
    this.#toleranceSeconds = Math.max(this.#toleranceSeconds, seconds);
  }

  /** Tokens issued before are fenced: they may have been used. */
  #vouchesFrom(now: number): number {
    return this.#settings.startedAt(now) + this.#toleranceSeconds * 1000;
  }

  async consume(use: TokenUse): Promise<ConsumeResult> {
    return this.consumeNow(use);
  }

  consumeNow(use: TokenUse): ConsumeResult {
    const now = this.#settings.clock();
    this.#now = now;
    if (use.issuedAt < this.#vouchesFrom(now) || use.expiresAt <= now) return { outcome: 'fenced' };
    if (use.expiresAt > now + LIFETIME_MS) throw new RangeError('expiresAt lies further ahead than any token lives');
    const id = Buffer.from(use.id, 'base64url');
    const shard = this.#shards[id.readUInt16LE() % this.#shards.length]!;
    // The same 128 bits in 16 one-byte characters: a third less memory per id.
    const key = id.toString('latin1');
    if (shard.has(key)) return answerFor(shard, key, use, now);
    if (use.expiresAt <= this.#forgottenUntil) return { outcome: 'fenced' };
    this.#makeRoom(shard);
    shard.set(key, use.operation);
    return { outcome: 'first-use', firstUsedAt: now };
  }

  async ready(): Promise<void> {
    const clock = this.#settings.clock();
    return untilVouchedFor([{ vouchesFrom: this.#vouchesFrom(clock), clock }]);
  }

  /** Drops expired heads only. A live id that made room for another would be accepted a second time. */
  #makeRoom(shard: Shard): void {
    for (let dropped = 0; dropped < EXPIRED_ENTRIES_PER_USE; dropped += 1) {
      const head = shard.rkeys().next().value;
      if (head === undefined || shard.getRemainingTTL(head) > 0) break;
      this.#forgottenUntil = Math.max(this.#forgottenUntil, this.#now + shard.getRemainingTTL(head));
      shard.delete(head);
    }
    if (shard.size < shard.max) return;
    throw unavailable('The memory replay store is full of live ids. Raise maxIds, or share a store.');
  }
}

/** Every entry lives equally long and none is read with `get`: the least recently used is the first to expire. */
function newShard(max: number, clock: Clock): Shard {
  return new LRUCache({ max, ttl: LIFETIME_MS, ttlResolution: 0, allowStale: true, perf: { now: clock } });
}

function answerFor(shard: Shard, key: string, use: TokenUse, now: number): ConsumeResult {
  const firstOperation = shard.peek(key) ?? '';
  const outcome = firstOperation === use.operation ? 'same-operation' : 'used';
  return { outcome, firstOperation, firstUsedAt: now - (LIFETIME_MS - shard.getRemainingTTL(key)) };
}
