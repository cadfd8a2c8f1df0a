import {
  type ConsumeResult,
  misconfigured,
  type ReplayStore,
  type TokenUse,
  unavailable,
  untilReady,
} from '@verified-mobile/core/store';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { RedisConnection } from './connection.ts';
import { Deadline } from './deadline.ts';
import { remedyFor } from './errors.ts';
import { Lineage, type ServerState } from './lineage.ts';
import { type RedisReplayStoreOptions, type RedisStoreSettings, resolveOptions } from './options.ts';
import { compactPlace, generationAt, lineageKey, plainPlace, tagOf } from './key-layout.ts';
import { ReplicaAcknowledgement } from './replica-acknowledgement.ts';
import { runScript, type Script, scriptFor } from './script.ts';

export interface RedisReplayStore extends ReplayStore {
  readonly scope: 'shared';
  /**
   * Resolves when Redis answers, does not evict, and remembers everything since tokens issued from now on: after an
   * empty start that takes `issuerClockToleranceSeconds`. Await it before listening.
   *
   * @throws {VerifiedMobileError} `invalid_configuration`: a setting of Redis must change; `unavailable`: it did not
   *   answer within `startTimeoutMs`
   */
  ready(): Promise<void>;
  /** Closes the connections that the store was given. Every later use is refused. */
  close(): Promise<void>;
}

/**
 * A replay store in Redis or Valkey, for any number of services. They must name the same database and give the same
 * options: keep both in one module.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: a bare client instead of `nodeRedis(client)` or
 *   `ioredis(client)`, an unknown option or an impossible value
 */
export function redisReplayStore(connection: RedisConnection, options: RedisReplayStoreOptions = {}): RedisReplayStore {
  if (typeof connection?.send !== 'function') {
    throw misconfigured(
      'redisReplayStore() takes a wrapped client: nodeRedis(client), ioredis(client), or the cluster twin of either.',
    );
  }
  return new RedisStore(connection, resolveOptions(options));
}

class RedisStore implements RedisReplayStore {
  readonly scope = 'shared';
  readonly issuerClockToleranceSeconds: number;
  readonly #connection: RedisConnection;
  readonly #settings: RedisStoreSettings;
  readonly #script: Script;
  readonly #lineage: Lineage;
  readonly #breaker: CircuitBreaker;
  readonly #acknowledgement: ReplicaAcknowledgement | undefined;
  readonly #deadline: Deadline;
  #inspection: Promise<readonly ServerState[]> | undefined;
  #isInspected = false;
  #clockAhead = 0;

  constructor(connection: RedisConnection, settings: RedisStoreSettings) {
    this.#connection = connection;
    this.#settings = settings;
    this.issuerClockToleranceSeconds = settings.issuerClockToleranceSeconds;
    this.#script = scriptFor(settings.layout, settings.issuerClockToleranceSeconds * 1000);
    this.#lineage = new Lineage(connection, this.#script);
    this.#deadline = new Deadline(settings.timeoutMs);
    const { acknowledgement, failuresToOpen, probeIntervalMs, timeoutMs } = settings;
    if (acknowledgement) this.#acknowledgement = new ReplicaAcknowledgement(acknowledgement, this.#lineage, timeoutMs);
    this.#breaker = new CircuitBreaker({ failuresToOpen, probeIntervalMs, probe: async () => this.#inspectAgain() });
  }

  async consume(use: TokenUse): Promise<ConsumeResult> {
    this.#breaker.requireClosed();
    try {
      const result = await this.#deadline.within(this.#consume(use));
      this.#breaker.succeeded();
      return result;
    } catch (cause) {
      this.#breaker.failed(cause);
      throw unavailable('Redis cannot say whether a token was used.', { cause });
    }
  }

  async ready(): Promise<void> {
    const { startTimeoutMs } = this.#settings;
    await untilReady(async () => this.#inspectAgain(), {
      startTimeoutMs,
      unreachable: 'Redis cannot be reached.',
      remedyFor,
    });
  }

  async close(): Promise<void> {
    this.#breaker.stop();
    await Promise.all([this.#connection.close(), this.#acknowledgement?.close()]);
  }

  async #consume(use: TokenUse): Promise<ConsumeResult> {
    // A use before `ready()` must not go to a server that was never inspected.
    if (this.#inspection === undefined) await this.#inspectAgain();
    else if (!this.#isInspected) await this.#inspection;
    const tag = tagOf(this.#connection.topology, use.id);
    const outcome = await this.#askAbout(tag, use, generationAt(Date.now() + this.#clockAhead));
    if (this.#acknowledgement && outcome !== 'used' && outcome !== 'fenced') await this.#acknowledgement.confirm();
    return { outcome };
  }

  async #askAbout(tag: string, use: TokenUse, generation: number): Promise<ConsumeResult['outcome']> {
    const { layout } = this.#settings;
    const place = layout === 'plain' ? plainPlace(tag, use) : compactPlace(tag, use, generation);
    const keys = [lineageKey(tag), ...place.keys] as const;
    const reply = await runScript(this.#connection, this.#script, keys, this.#lineage.headOf(tag), place.args);
    // The common case, a first use with nothing new, is one number.
    if (reply === 1) return 'first-use';
    if (!Array.isArray(reply) || reply.length !== 3) throw new Error('the server answered with something else');
    const [outcome, generationNow, head] = [String(reply[0]), Number(reply[1]), String(reply[2])];
    if (this.#lineage.learn(tag, head)) this.#inspectInBackground();
    // Between two generations the clocks of caller and server may name different ones: the server's is right.
    if (outcome === 'generation') return this.#askAbout(tag, use, generationNow);
    return outcome as ConsumeResult['outcome'];
  }

  /** Another server than before may have other settings, and the other tags' lineages must begin as early as they can. */
  #inspectInBackground(): void {
    this.#inspectAgain().catch((cause: unknown) => this.#breaker.open(cause));
  }

  async #inspectAgain(): Promise<readonly ServerState[]> {
    const inspection = this.#inspect();
    this.#inspection = inspection;
    inspection.catch(() => {
      if (this.#inspection !== inspection) return;
      this.#inspection = undefined;
      this.#isInspected = false;
    });
    return inspection;
  }

  async #inspect(): Promise<readonly ServerState[]> {
    const states = await this.#deadline.within(this.#lineage.inspect());
    this.#isInspected = true;
    this.#clockAhead = (states[0]?.clock ?? 0) - Date.now();
    return states;
  }
}
