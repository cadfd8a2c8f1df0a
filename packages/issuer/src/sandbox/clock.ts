/** The sandbox's clock: that of its surroundings, and as far ahead as it was moved. */
export interface MovableClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly advance: (seconds: number) => void;
  /** Back to the time of its surroundings. */
  readonly reset: () => void;
  readonly state: () => ClockState;
}

export interface ClockState {
  /** ISO 8601, UTC. */
  readonly now: string;
  readonly aheadSeconds: number;
}

export function movableClock(surroundings: () => number): MovableClock {
  let aheadSeconds = 0;
  const now = (): number => surroundings() + aheadSeconds * 1000;
  return {
    now,
    advance: (seconds) => void (aheadSeconds += seconds),
    reset: () => void (aheadSeconds = 0),
    state: () => ({ now: new Date(now()).toISOString(), aheadSeconds }),
  };
}
