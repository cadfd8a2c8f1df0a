import { type ConsumeResult, type TokenUse, unavailable } from '@verified-mobile/core/store';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { Deadline } from './deadline.ts';
import { compactPlace, generationAt, lineageKey, plainPlace } from './key-layout.ts';
import type { Lineage, ServerState } from './lineage.ts';
import type { RedisStoreSettings } from './options.ts';
import type { Silence } from './reconnection.ts';

type Outcome = ConsumeResult['outcome'];

export interface TagStoreParts {
  readonly tag: string;
  readonly settings: RedisStoreSettings;
  readonly deadline: Deadline;
  readonly lineage: Lineage;
  /** Resolves when what was just written is as safe as the operator asked for. */
  readonly confirm: (() => Promise<void>) | undefined;
  /** The server is another one than before: it was replaced, or restarted. */
  readonly onAnotherServer: () => void;
  readonly silence: Silence;
}

/**
 * The ids behind one hash tag. They lie on one server, and each server of a cluster fails by itself: so does what is known
 * of it here.
 */
export class TagStore {
  readonly #parts: TagStoreParts;
  readonly #breaker: CircuitBreaker;
  #inspection: Promise<ServerState> | undefined;
  #isInspected = false;
  #clockAhead = 0;

  constructor(parts: TagStoreParts) {
    this.#parts = parts;
    const { failuresToOpen, probeIntervalMs } = parts.settings;
    this.#breaker = new CircuitBreaker({ failuresToOpen, probeIntervalMs, probe: async () => this.inspect() });
  }

  /** @throws {VerifiedMobileError} `unavailable`: the server gave no answer in time, or one that is none */
  async consume(use: TokenUse): Promise<Outcome> {
    this.#breaker.requireClosed();
    try {
      const outcome = await this.#parts.deadline.within(this.#consume(use));
      this.#breaker.succeeded();
      return outcome;
    } catch (cause) {
      this.#breaker.failed(cause);
      throw unavailable('Redis cannot say whether a token was used.', { cause });
    }
  }

  /** @throws what the server answers or the settings forbid; a use that comes meanwhile waits for it */
  async inspect(): Promise<ServerState> {
    const inspection = this.#inspect();
    this.#inspection = inspection;
    inspection.catch(() => {
      if (this.#inspection !== inspection) return;
      this.#inspection = undefined;
      this.#isInspected = false;
    });
    return inspection;
  }

  inspectInBackground(): void {
    this.inspect().catch((cause: unknown) => this.#breaker.open(cause));
  }

  stop(): void {
    this.#breaker.stop();
  }

  async #consume(use: TokenUse): Promise<Outcome> {
    // A use before `ready()` must not go to a server that was never inspected.
    if (this.#inspection === undefined) await this.inspect();
    else if (!this.#isInspected) await this.#inspection;
    const outcome = await this.#askAbout(use, generationAt(Date.now() + this.#clockAhead));
    if (outcome !== 'used' && outcome !== 'fenced') await this.#parts.confirm?.();
    return outcome;
  }

  async #askAbout(use: TokenUse, generation: number): Promise<Outcome> {
    const { tag, settings, lineage, onAnotherServer } = this.#parts;
    const place = settings.layout === 'plain' ? plainPlace(tag, use) : compactPlace(tag, use, generation);
    const keys = [lineageKey(tag), ...place.keys] as const;
    const reply = await lineage.ask(keys, place.args);
    // The common case, a first use with nothing new, is one number.
    if (reply === 1) return 'first-use';
    if (!Array.isArray(reply) || reply.length !== 3) throw new Error('the server answered with something else');
    const [outcome, generationNow, head] = [String(reply[0]), Number(reply[1]), String(reply[2])];
    if (lineage.learn(head)) onAnotherServer();
    // Between two generations the clocks of caller and server may name different ones: the server's is right.
    if (outcome === 'generation') return this.#askAbout(use, generationNow);
    return outcome as Outcome;
  }

  async #inspect(): Promise<ServerState> {
    const { deadline, lineage, silence } = this.#parts;
    const state = await silence.watch(deadline.within(lineage.inspect()));
    this.#isInspected = true;
    this.#clockAhead = state.clock - Date.now();
    return state;
  }
}
