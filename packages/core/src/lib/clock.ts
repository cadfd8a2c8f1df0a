/** Milliseconds since the epoch. */
export type Clock = () => number;

let latest = 0;

/**
 * The wall clock, except that it never goes back. A backward step would revive tokens whose ids the replay store has
 * already dropped; with this clock time stands still until the wall clock has caught up.
 */
export const steadyClock: Clock = () => {
  latest = Math.max(latest, Date.now());
  return latest;
};
