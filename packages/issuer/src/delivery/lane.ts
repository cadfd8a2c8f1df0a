import type { SmsRoute } from '../domain/sms-route.ts';
import { Circuit, type RouteHealth } from './circuit.ts';
import type { HandedOver } from './hand-over.ts';

/** Whether a message may be handed over now: at once, later in time, or not in time. */
export type Room = 'room' | 'busy' | 'down';

/** A place among the messages that are being handed over; `release` gives it back, once. */
export interface Place {
  release(result: HandedOver | undefined): void;
}

export interface LaneWatch {
  /** There may be room again, or a way less. */
  readonly onChange: () => void;
  readonly onCircuit: (route: string, state: 'open' | 'closed') => void;
}

const DEFAULT_WINDOW = 50;
/** A hand-over that takes longer gives its place to another message: one that hangs must not hold up those behind it. */
const HOLDS_PLACE_MS = 1_000;

/** One route, with the messages that are being handed over to it. */
export class Lane {
  readonly route: SmsRoute;
  readonly #window: number;
  readonly #circuit: Circuit;
  readonly #watch: LaneWatch;
  readonly #timers = new Set<NodeJS.Timeout>();
  #underWay = 0;
  #slow = 0;

  constructor(route: SmsRoute, failuresToOpen: number, watch: LaneWatch) {
    this.route = route;
    this.#window = route.window ?? DEFAULT_WINDOW;
    this.#circuit = new Circuit(failuresToOpen);
    this.#watch = watch;
  }

  /** For a message that is worth handing over for so long. */
  roomFor(remainingMs: number): Room {
    const now = performance.now();
    const circuit = this.#circuit.at(now);
    if (circuit.state === 'open') return 'down';
    if (circuit.state === 'paused') return circuit.until - now < remainingMs ? 'busy' : 'down';
    if (circuit.state === 'probing') return 'busy';
    const isFull = this.#underWay - this.#slow >= this.#window || this.#underWay >= this.#window * 2;
    return isFull ? 'busy' : 'room';
  }

  take(): Place {
    this.#underWay += 1;
    this.#circuit.began();
    let isSlow = false;
    const timer = this.#later(HOLDS_PLACE_MS, () => {
      isSlow = true;
      this.#slow += 1;
    });
    return {
      release: (result) => {
        this.#timers.delete(timer);
        clearTimeout(timer);
        this.#underWay -= 1;
        if (isSlow) this.#slow -= 1;
        this.#learn(result);
      },
    };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #learn(result: HandedOver | undefined): void {
    const now = performance.now();
    const wasOpen = this.#circuit.isOpen;
    // Nothing was handed over: that says nothing of the route.
    if (result === undefined) this.#circuit.gaveUp();
    else this.#circuit.ended(healthOf(result), retryAfterOf(result), now);
    const { isOpen } = this.#circuit;
    if (isOpen !== wasOpen) this.#watch.onCircuit(this.route.name, isOpen ? 'open' : 'closed');
    const circuit = this.#circuit.at(now);
    // A timer may be early by a millisecond, and those that wait would wait for the next occasion.
    if ('until' in circuit) this.#later(circuit.until - now + 1, () => {});
    this.#watch.onChange();
  }

  #later(milliseconds: number, work: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
      this.#watch.onChange();
    }, milliseconds).unref();
    this.#timers.add(timer);
    return timer;
  }
}

function healthOf(result: HandedOver): RouteHealth {
  if (result.outcome !== 'refused') return result.outcome === 'accepted' ? 'worked' : 'failed';
  if (result.reason === 'unavailable') return 'failed';
  return result.reason === 'throttled' ? 'busy' : 'worked';
}

function retryAfterOf(result: HandedOver): number | undefined {
  return result.outcome === 'refused' ? result.retryAfterMs : undefined;
}
