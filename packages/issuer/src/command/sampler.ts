const INTERVAL_MS = 1000;

/** What may be logged, and how much was not since the line before. */
export interface Sample {
  readonly leftOut: number;
}

/**
 * Lets one through for each key and second, for lines that anybody can cause. Keys are remembered: they must come from a
 * closed list. A clock that is set back starts anew, or it would silence a key until it has caught up.
 */
export function createSampler(clock: () => number): (key: string) => Sample | undefined {
  const keys = new Map<string, { at: number; leftOut: number }>();
  return (key) => {
    const now = clock();
    const last = keys.get(key);
    if (last !== undefined && now >= last.at && now < last.at + INTERVAL_MS) {
      last.leftOut += 1;
      return undefined;
    }
    keys.set(key, { at: now, leftOut: 0 });
    return { leftOut: last?.leftOut ?? 0 };
  };
}
