import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { percentile } from '../statistics.ts';
import { printTable } from '../table.ts';

const LIVE_IDS = 1_000_000;

interface Weight {
  readonly bytesPerId: number;
  readonly p99: number;
  readonly longest: number;
  readonly longestWithoutCollection: number;
}

/** Fills a memory store in a process of its own, whose heap nothing else has touched. */
export function measureMemory(): void {
  const output = execFileSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url)], { encoding: 'utf8' });
  const { bytesPerId, p99, longest, longestWithoutCollection } = JSON.parse(output) as Weight;
  printTable(
    `Memory store, filled up to ${LIVE_IDS.toLocaleString('en')} live ids`,
    ['', 'bytes per id', 'p99 of one use, µs', 'longest use, ms', 'longest without garbage collection, ms'],
    [['', bytesPerId.toFixed(0), (p99 * 1000).toFixed(0), longest.toFixed(1), longestWithoutCollection.toFixed(1)]],
  );
}

interface Span {
  readonly startTime: number;
  readonly duration: number;
}

async function fill(): Promise<Weight> {
  const collections: Span[] = [];
  const observer = new PerformanceObserver((list) => void collections.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  globalThis.gc?.();
  const before = heapAndBuffers();
  const store = isolatedMemoryReplayStore({ maxIds: LIVE_IDS });
  const durations = new Float64Array(LIVE_IDS);
  const long: Span[] = [];
  for (let count = 0; count < LIVE_IDS; count += 1) {
    const now = Date.now();
    const id = randomBytes(16).toString('base64url');
    const operation = randomBytes(12).toString('base64url');
    const startTime = performance.now();
    store.consumeNow?.({ id, operation, issuedAt: now, expiresAt: now + 420_000 });
    const duration = performance.now() - startTime;
    durations[count] = duration;
    if (duration > 0.5) long.push({ startTime, duration });
    if (count % 1_000 === 0) await nextTurn();
  }
  await nextTurn();
  observer.disconnect();
  globalThis.gc?.();
  const bytesPerId = (heapAndBuffers() - before) / LIVE_IDS;
  // Keeps the store alive until after it was weighed.
  await store.ready?.();
  return {
    bytesPerId,
    p99: percentile([...durations], 99),
    longest: longestOf(long),
    longestWithoutCollection: longestOf(long.filter((span) => !collections.some((other) => overlap(span, other)))),
  };
}

function longestOf(spans: readonly Span[]): number {
  return spans.reduce((longest, { duration }) => Math.max(longest, duration), 0);
}

function overlap(one: Span, other: Span): boolean {
  return one.startTime < other.startTime + other.duration && other.startTime < one.startTime + one.duration;
}

function heapAndBuffers(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await fill()));
