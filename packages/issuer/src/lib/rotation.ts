/** Something secret with its place in a rotation. Instants in milliseconds since the epoch. */
export interface Rotating {
  /** Used for what is new from then on, and accepted before. */
  readonly from: number;
  /** Not accepted from then on. */
  readonly retiresAt: number;
}

export function acceptedAt<Item extends Rotating>(items: readonly Item[], now: number): readonly Item[] {
  return items.filter(({ retiresAt }) => now < retiresAt);
}

/** The one in use: of those whose time has come, the one whose time came last; the first of several such. */
export function inUseAt<Item extends Rotating>(items: readonly Item[], now: number): Item | undefined {
  let newest: Item | undefined;
  for (const item of acceptedAt(items, now)) {
    if (item.from <= now && (newest === undefined || item.from > newest.from)) newest = item;
  }
  return newest;
}
