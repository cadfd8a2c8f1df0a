import type { TokenUse } from '@verified-mobile/core';
import { newUse } from './contenders.ts';

export interface Measurement {
  readonly perSecond: number;
  /** CPU of this process, user and system, microseconds for each use. */
  readonly cpuMicroseconds: number;
  readonly latenciesMs: readonly number[];
}

/** Consumes as many ids as it can in the time, `concurrency` at once. They are made beforehand and are not measured. */
export async function measure(
  run: (use: TokenUse) => Promise<unknown>,
  concurrency: number,
  milliseconds: number,
): Promise<Measurement> {
  const uses = Array.from({ length: milliseconds * Math.min(100, concurrency * 30) }, newUse);
  const latenciesMs: number[] = [];
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endAt = startedAt + milliseconds;
  const worker = async (): Promise<void> => {
    while (performance.now() < endAt) {
      const before = performance.now();
      await run(uses.pop() ?? newUse());
      latenciesMs.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const elapsed = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  const count = latenciesMs.length;
  return { perSecond: (count / elapsed) * 1000, cpuMicroseconds: (user + system) / count, latenciesMs };
}
