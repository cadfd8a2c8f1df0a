/** What one call costs this process, and how long it takes. */
export interface Cost {
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
  readonly milliseconds: readonly number[];
}

/** Makes `calls` calls, `atATime` of them at once. */
export async function costOf(call: (index: number) => Promise<unknown>, calls: number, atATime: number): Promise<Cost> {
  const milliseconds: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < calls) {
      const startedAt = performance.now();
      await call(next++);
      milliseconds.push(performance.now() - startedAt);
    }
  };
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: atATime }, worker));
  const perSecond = (calls * 1_000) / (performance.now() - startedAt);
  const { user, system } = process.cpuUsage(before);
  return { cpuMicroseconds: (user + system) / calls, perSecond, milliseconds };
}
